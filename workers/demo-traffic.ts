/**
 * The demo's client thread: sends traffic to the service, then posts what it was told.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { sendTraffic, type TrafficOptions } from '../src/cli/demo/traffic.js';

parentPort?.postMessage(await sendTraffic(workerData as TrafficOptions));
