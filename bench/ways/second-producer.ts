/**
 * The second producer of a way: both ends of the thread that pushes into it beside the main thread.
 *
 * The thread has to import the suite's ways. Therefore each suite that measures two producers has a file for it.
 */
import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { type Limit, pushAll } from './drive.js';
import type { Running, Way, WayOptions } from './way.js';

interface ProducerData {
  /** The way's name. */
  readonly way: string;
  /** The value for `Way.attach`. */
  readonly value: unknown;
  readonly options: WayOptions;
}

/** A message to the thread: push so many events. */
export interface ProducerStep extends Limit {
  /** The first event's number in the pool. */
  readonly from: number;
}

/** The main thread's end. */
export interface SecondProducer {
  /** Push, and wait until all of it has been handled. Resolves with the number of events. */
  push(step: ProducerStep): Promise<number>;
  /** Stop the thread. */
  end(): Promise<unknown>;
}

/**
 * Start the thread and attach it to a running way.
 *
 * @param threadFile a module that calls `runSecondProducer`.
 * @throws Error when the way takes no second producer.
 */
export async function startSecondProducer(
  way: Way,
  running: Running,
  options: WayOptions,
  threadFile: URL | undefined,
): Promise<SecondProducer> {
  const second = running.second?.();
  if (second === undefined || threadFile === undefined) {
    throw new Error(`${way.name} takes no second producer: ${way.oneProducer}`);
  }
  const data: ProducerData = { way: way.name, value: second.value, options };
  const worker = new Worker(threadFile, { workerData: data, transferList: second.transfer });
  await once(worker, 'message');
  return {
    async push(step) {
      worker.postMessage(step);
      const [pushed] = await once(worker, 'message');
      return pushed;
    },
    end: () => worker.terminate(),
  };
}

/** The thread's end: attach to one of some ways, and answer each step with the number of events pushed. */
export function runSecondProducer(ways: readonly Way[]): void {
  const { way, value, options } = workerData as ProducerData;
  const { attach } = ways.find(({ name }) => name === way) as Required<Way>;
  const inlet = attach(value, options);
  parentPort?.on('message', async (step: ProducerStep) => {
    const pushed = await pushAll(inlet, step.from, step);
    await inlet.settle();
    parentPort?.postMessage(pushed);
  });
  parentPort?.postMessage('ready');
}
