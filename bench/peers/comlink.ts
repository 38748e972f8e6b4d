/**
 * The way through Comlink: the main thread calls a function of the worker with an array of events.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { transfer, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { RequestEvent } from '../harness/events.js';
import { handledBy } from '../ways/batcher.js';
import type { Inlet, Way, WayOptions } from '../ways/way.js';
import type { BatchWorkerData } from './batch-worker.js';

interface Remote {
  handle(events: RequestEvent[]): void;
  listen(port: MessagePort): void;
}

function inlet(port: MessagePort | Worker, options: WayOptions) {
  const remote = wrap<Remote>(nodeEndpoint(port as MessagePort));
  return { remote, batcher: handledBy(options, (events) => remote.handle(events)) };
}

export const comlink: Way = {
  name: 'comlink',
  label: 'Comlink',
  handledOn: 'a worker thread',
  async start(options) {
    const workerData: BatchWorkerData = { memory: options.memory, talk: 'comlink' };
    const worker = new Worker(new URL('./batch-worker.js', import.meta.url), { workerData });
    const { remote, batcher } = inlet(worker, options);
    return Object.assign(batcher, {
      second() {
        const { port1, port2 } = new MessageChannel();
        void remote.listen(transfer(port1, [port1 as never]));
        return { value: port2, transfer: [port2] };
      },
      async end() {
        await worker.terminate();
      },
    });
  },
  attach: (value, options): Inlet => inlet(value as MessagePort, options).batcher,
};
