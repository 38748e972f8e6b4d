/**
 * The ways into PostgreSQL: a flow with this project's sink, and `pg`'s multi-row INSERT on the main thread.
 */
import { createBatchFlow, type Flow } from '../../src/index.js';
import { postgres } from '../../src/sinks/postgres/index.js';
import { Request } from '../harness/events.js';
import { handledBy } from '../ways/batcher.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';
import { intoTable } from './into-table.js';
import { openMultiRow } from './multi-row.js';
import { createRequests, type Key, KeyedRequest, serverUrl, totalsOfRequests } from './requests-table.js';

const oneProducer = 'measured with one producer only';

function multiRow(key: Key): Way {
  return {
    name: `pg-multi-${key}`,
    label: 'pg, multi-row INSERT with $n',
    handledOn: 'the main thread',
    oneProducer,
    async start(options) {
      await createRequests(key);
      const { store, close } = await openMultiRow(key);
      const batcher = handledBy(options, store);
      return intoTable(Object.assign(batcher, { end: () => close() }), key !== 'none', totalsOfRequests);
    },
  };
}

function ours(key: Key): Way {
  return {
    name: `pg-ours-${key}`,
    label: 'BatchFlow Threads, PostgreSQL sink',
    own: true,
    handledOn: 'a worker thread',
    oneProducer,
    async start(options) {
      await createRequests(key);
      const conflict = key === 'none' ? {} : { conflict: key, conflictColumns: ['id'] };
      const sink = postgres({ url: serverUrl(), ...conflict });
      const schema = key === 'none' ? Request : KeyedRequest;
      const flow = await createBatchFlow({ schema, sink, ...flowSettings(options) });
      return intoTable(runningFlow(flow as unknown as Flow), key !== 'none', totalsOfRequests);
    },
  };
}

export const postgresWays: readonly Way[] = (['none', 'ignore', 'update'] as const).flatMap((key) => [
  multiRow(key),
  ours(key),
]);
