/**
 * The worker of the ways that store arrays of events in SQLite on another thread: by messages, or as a pool's task.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { RequestEvent } from '../harness/events.js';
import { openInsert } from './insert.js';

export interface InsertWorkerData {
  readonly folder: string;
  /** Whether a pool calls the task; otherwise arrays come as messages, and the worker answers each with a credit. */
  readonly pool: boolean;
}

const { folder, pool } = workerData as InsertWorkerData;
const { store } = openInsert(folder, 'values');

export default function task(events: RequestEvent[]): void {
  store(events);
}

if (!pool) {
  parentPort?.on('message', (events: RequestEvent[]) => {
    store(events);
    parentPort?.postMessage(null);
  });
}
