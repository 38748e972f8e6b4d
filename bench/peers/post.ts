/**
 * The ways through plain `postMessage`: arrays of events, or their JSON, to a worker that answers each with a credit.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { RequestEvent } from '../harness/events.js';
import { Batcher } from '../ways/batcher.js';
import type { Inlet, Way, WayOptions } from '../ways/way.js';
import type { BatchWorkerData } from './batch-worker.js';

type Encode = (events: RequestEvent[]) => unknown;

/** The inlet of one producer, which has its share of the batches in flight. */
function inlet(port: Worker | MessagePort, encode: Encode, options: WayOptions): Batcher {
  const { batch, intervalMs, inFlight, producers } = options;
  const batcher = new Batcher(batch, intervalMs, inFlight / producers, (events) =>
    port.postMessage(encode(events)),
  );
  port.on('message', () => batcher.done());
  return batcher;
}

function way(name: string, label: string, encode: Encode): Way {
  return {
    name,
    label,
    handledOn: 'a worker thread',
    async start(options) {
      const workerData: BatchWorkerData = { memory: options.memory, talk: 'messages' };
      const worker = new Worker(new URL('./batch-worker.js', import.meta.url), { workerData });
      return Object.assign(inlet(worker, encode, options), {
        second() {
          const { port1, port2 } = new MessageChannel();
          worker.postMessage({ port: port1 }, [port1]);
          return { value: port2, transfer: [port2] };
        },
        async end() {
          await worker.terminate();
        },
      });
    },
    attach: (value, options): Inlet => inlet(value as MessagePort, encode, options),
  };
}

export const postArrays = way('post-array', 'postMessage(array)', (events) => events);
export const postJson = way('post-json', 'postMessage(JSON)', (events) => JSON.stringify(events));
