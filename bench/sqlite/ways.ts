/**
 * Ways to get events into a SQLite file: a flow with its sink, by hand on the main thread, and in workers by hand.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { createBatchFlow, type Flow } from '../../src/index.js';
import { sqlite } from '../../src/sinks/sqlite/index.js';
import { Request, type RequestEvent } from '../events.js';
import { Batcher } from '../peers/batcher.js';
import { flowSettings, runningFlow } from '../peers/flow.js';
import type { Way } from '../peers/way.js';
import { databaseIn, type Insert, openInsert, totalsOf } from './insert.js';
import type { InsertWorkerData } from './insert-worker.js';

const oneProducer = 'measured with one producer only';
const workerFile = new URL('./insert-worker.js', import.meta.url);

const ours: Way = {
  name: 'sqlite-ours',
  label: 'BatchFlow Threads, SQLite sink',
  own: true,
  handledOn: 'a worker thread',
  oneProducer,
  async start(options) {
    const sink = sqlite({ file: databaseIn(options.folder), synchronous: 'normal' });
    const flow = await createBatchFlow({ schema: Request, sink, ...flowSettings(options) });
    const running = runningFlow(flow as unknown as Flow);
    return {
      ...running,
      async end() {
        await running.end();
        return totalsOf(options.folder);
      },
    };
  },
};

function onMainThread(name: string, label: string, insert: Insert): Way {
  return {
    name,
    label,
    handledOn: 'the main thread',
    oneProducer,
    async start({ batch, intervalMs, inFlight, folder }) {
      const { store, close } = openInsert(folder, insert);
      const handle = async (events: RequestEvent[]) => store(events);
      const batcher: Batcher = new Batcher(batch, intervalMs, inFlight, (events) => {
        void handle(events).then(() => batcher.done());
      });
      return Object.assign(batcher, {
        async end() {
          close();
          return totalsOf(folder);
        },
      });
    },
  };
}

const inPiscina: Way = {
  name: 'sqlite-piscina',
  label: 'piscina worker, multi-row VALUES',
  handledOn: 'a worker thread',
  oneProducer,
  async start({ batch, intervalMs, inFlight, folder }) {
    const workerData: InsertWorkerData = { folder, pool: true };
    const pool = new Piscina({
      filename: fileURLToPath(workerFile),
      workerData,
      minThreads: 1,
      maxThreads: 1,
    });
    const batcher: Batcher = new Batcher(batch, intervalMs, inFlight, (events) => {
      void pool.run(events).then(() => batcher.done());
    });
    return Object.assign(batcher, {
      async end() {
        await pool.destroy();
        return totalsOf(folder);
      },
    });
  },
};

const byMessages: Way = {
  name: 'sqlite-post',
  label: 'postMessage worker, multi-row VALUES',
  handledOn: 'a worker thread',
  oneProducer,
  async start({ batch, intervalMs, inFlight, folder }) {
    const workerData: InsertWorkerData = { folder, pool: false };
    const worker = new Worker(workerFile, { workerData });
    const batcher: Batcher = new Batcher(batch, intervalMs, inFlight, (events) => worker.postMessage(events));
    worker.on('message', () => batcher.done());
    return Object.assign(batcher, {
      async end() {
        await worker.terminate();
        return totalsOf(folder);
      },
    });
  },
};

export const sqliteWays: readonly Way[] = [
  onMainThread('sqlite-statement', 'main thread, prepared statement', 'statement'),
  onMainThread('sqlite-values', 'main thread, multi-row VALUES', 'values'),
  inPiscina,
  byMessages,
  ours,
];
