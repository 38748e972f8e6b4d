/**
 * A second producer's thread: pushes the same events into a way, as it is told, and says how many.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Limit, pushAll } from './drive.js';
import { allWays } from './measure.js';
import type { Way, WayOptions } from './way.js';

export interface ProducerData {
  readonly way: string;
  /** For `Way.attach`. */
  readonly value: unknown;
  readonly options: WayOptions;
}

export interface ProducerStep extends Limit {
  /** The first event's number in the pool. */
  readonly from: number;
}

const { way, value, options } = workerData as ProducerData;
const inlet = (allWays.get(way) as Required<Way>).attach(value, options);

parentPort?.on('message', async (step: ProducerStep) => {
  const pushed = await pushAll(inlet, step.from, step);
  await inlet.settle();
  parentPort?.postMessage(pushed);
});
parentPort?.postMessage('ready');
