/**
 * The ways into Redis: flows with this project's sink, and a pipeline of `@redis/client` on the main thread.
 */
import { createBatchFlow, defineSchema, type Flow, t } from '../../src/index.js';
import { redis } from '../../src/sinks/redis/index.js';
import { Request } from '../harness/events.js';
import { intoTable } from '../sql/into-table.js';
import { handledBy } from '../ways/batcher.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';
import { openPipeline } from './redis-pipeline.js';
import { clearRedis, hashPrefix, type RedisKind, redisUrl, streamKey, totalsOf } from './redis-rows.js';

const oneProducer = 'measured with one producer only';
const NumberedRequest = defineSchema('requests', { id: t.uint32(), ...Request.columns });
const columns = Object.keys(Request.columns);

function pipeline(kind: RedisKind): Way {
  return {
    name: `redis-client-${kind}`,
    label: '@redis/client, execAsPipeline',
    handledOn: 'the main thread',
    oneProducer,
    async start(options) {
      await clearRedis();
      const { store, close } = await openPipeline(kind);
      const batcher = handledBy(options, store);
      return intoTable(Object.assign(batcher, { end: () => close() }), kind === 'hash', () => totalsOf(kind));
    },
  };
}

function ours(kind: RedisKind): Way {
  const isHash = kind === 'hash';
  return {
    name: `redis-ours-${kind}`,
    label: 'BatchFlow Threads, Redis sink',
    own: true,
    handledOn: 'a worker thread',
    oneProducer,
    async start(options) {
      await clearRedis();
      const rows = isHash ? { hash: { key: `${hashPrefix}{id}`, columns } } : { stream: streamKey };
      const sink = redis({ url: redisUrl(), timestamps: 'ms', ...rows });
      const schema = isHash ? NumberedRequest : Request;
      const flow = await createBatchFlow({ schema, sink, ...flowSettings(options) });
      return intoTable(runningFlow(flow as unknown as Flow), isHash, () => totalsOf(kind));
    },
  };
}

export const redisWays: readonly Way[] = (['stream', 'hash'] as const).flatMap((kind) => [
  pipeline(kind),
  ours(kind),
]);
