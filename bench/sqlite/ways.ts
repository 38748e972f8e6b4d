/**
 * The ways into a SQLite file: a flow with this project's sink, and code without it on the main thread or in a worker.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { createBatchFlow, type Flow } from '../../src/index.js';
import { sqlite } from '../../src/sinks/sqlite/index.js';
import { Request } from '../harness/events.js';
import { Batcher, handledBy } from '../ways/batcher.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way, WayOptions } from '../ways/way.js';
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

/** A way without this project: a batcher of arrays, and the function that stops what stores them. */
interface OwnCode {
  readonly batcher: Batcher;
  stop(): unknown;
}

/** A way without this project, whose totals are read from the file at the end. */
function withOwnCode(
  name: string,
  label: string,
  handledOn: Way['handledOn'],
  open: (options: WayOptions) => OwnCode,
): Way {
  return {
    name,
    label,
    handledOn,
    oneProducer,
    async start(options) {
      const { batcher, stop } = open(options);
      return Object.assign(batcher, {
        async end() {
          await stop();
          return totalsOf(options.folder);
        },
      });
    },
  };
}

function onMainThread(name: string, label: string, insert: Insert): Way {
  return withOwnCode(name, label, 'the main thread', (options) => {
    const { store, close } = openInsert(options.folder, insert);
    return { batcher: handledBy(options, async (events) => store(events)), stop: close };
  });
}

const inPiscina = withOwnCode(
  'sqlite-piscina',
  'piscina worker, multi-row VALUES',
  'a worker thread',
  (options) => {
    const workerData: InsertWorkerData = { folder: options.folder, pool: true };
    const filename = fileURLToPath(workerFile);
    const pool = new Piscina({ filename, workerData, minThreads: 1, maxThreads: 1 });
    return { batcher: handledBy(options, (events) => pool.run(events)), stop: () => pool.destroy() };
  },
);

const byMessages = withOwnCode(
  'sqlite-post',
  'postMessage worker, multi-row VALUES',
  'a worker thread',
  ({ batch, intervalMs, inFlight, folder }) => {
    const workerData: InsertWorkerData = { folder, pool: false };
    const worker = new Worker(workerFile, { workerData });
    const batcher = new Batcher(batch, intervalMs, inFlight, (events) => worker.postMessage(events));
    worker.on('message', () => batcher.done());
    return { batcher, stop: () => worker.terminate() };
  },
);

export const sqliteWays: readonly Way[] = [
  onMainThread('sqlite-statement', 'main thread, prepared statement', 'statement'),
  onMainThread('sqlite-values', 'main thread, multi-row VALUES', 'values'),
  inPiscina,
  byMessages,
  ours,
];
