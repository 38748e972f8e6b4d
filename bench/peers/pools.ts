/**
 * The ways through a pool of one worker, with a task for each array: piscina with and without Atomics, and tinypool.
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { Tinypool } from 'tinypool';
import type { RequestEvent } from '../harness/events.js';
import { handledBy } from '../ways/batcher.js';
import type { Way } from '../ways/way.js';
import type { BatchWorkerData } from './batch-worker.js';

interface Pool {
  run(events: RequestEvent[]): Promise<unknown>;
  destroy(): Promise<void>;
}

interface PoolOptions {
  readonly filename: string;
  readonly workerData: BatchWorkerData;
  readonly minThreads: number;
  readonly maxThreads: number;
}

function way(name: string, label: string, create: (options: PoolOptions) => Pool): Way {
  return {
    name,
    label,
    handledOn: 'a worker thread',
    oneProducer: 'a pool belongs to one thread; a second thread would have a pool, and a worker, of its own',
    async start(options) {
      const pool = create({
        filename: fileURLToPath(new URL('./batch-worker.js', import.meta.url)),
        workerData: { memory: options.memory, talk: 'pool' },
        minThreads: 1,
        maxThreads: 1,
      });
      return Object.assign(
        handledBy(options, (events) => pool.run(events)),
        { end: () => pool.destroy() },
      );
    },
  };
}

export const piscinaSync = way(
  'piscina',
  "piscina, atomics 'sync'",
  (options) => new Piscina({ ...options, atomics: 'sync' }),
);

export const piscinaMessages = way(
  'piscina-messages',
  "piscina, atomics 'disabled'",
  (options) => new Piscina({ ...options, atomics: 'disabled' }),
);

export const tinypool = way('tinypool', 'tinypool', (options) => new Tinypool(options));
