/**
 * The entry of a collector's exporting thread.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ExportTask } from '../src/collector/exporting/export-task.js';
import { runExporters } from '../src/collector/exporting/run-exporters.js';

await runExporters(workerData as ExportTask, parentPort as MessagePort);
