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
import { connectionsOf, openMultiRow } from './multi-row.js';
import {
  createRequests,
  isKeyed,
  type Key,
  KeyedRequest,
  serverUrl,
  totalsOfRequests,
} from './requests-table.js';

const oneProducer = 'measured with one producer only';

function multiRow(key: Key): Way {
  return {
    name: `pg-multi-${key}`,
    label:
      key === 'identity' ? 'pg, multi-row INSERT with an id of 25 bytes' : 'pg, multi-row INSERT with $n',
    handledOn: 'the main thread',
    oneProducer,
    async start(options) {
      await createRequests(key);
      const { store, close } = await openMultiRow(key);
      const batcher = handledBy(options, store);
      return intoTable(Object.assign(batcher, { end: () => close() }), isKeyed(key), totalsOfRequests);
    },
  };
}

/** What the sink's options are besides the server. */
const sinkOptions = {
  none: {},
  pool: {},
  ignore: { conflict: 'ignore', conflictColumns: ['id'] },
  update: { conflict: 'update', conflictColumns: ['id'] },
  identity: { identityColumn: 'event_id' },
} as const;

const said: Partial<Record<Key, string>> = {
  identity: ', identityColumn',
  pool: ', two flushes in flight',
};

function ours(key: Key): Way {
  return {
    name: `pg-ours-${key}`,
    label: `BatchFlow Threads, PostgreSQL sink${said[key] ?? ''}`,
    own: true,
    handledOn: 'a worker thread',
    oneProducer,
    async start(options) {
      await createRequests(key);
      const sink = postgres({ url: serverUrl(), ...sinkOptions[key] });
      const settings = { ...flowSettings(options), maxConcurrentFlushes: connectionsOf(key) };
      const schema = isKeyed(key) ? KeyedRequest : Request;
      const flow = await createBatchFlow({ schema, sink, ...settings });
      return intoTable(runningFlow(flow as unknown as Flow), isKeyed(key), totalsOfRequests);
    },
  };
}

export const postgresWays: readonly Way[] = (
  ['none', 'pool', 'ignore', 'update', 'identity'] as const
).flatMap((key) => [multiRow(key), ours(key)]);
