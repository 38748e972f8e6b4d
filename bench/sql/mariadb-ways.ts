/**
 * The ways into MariaDB: flows with this project's sink, and `mysql2` on the main thread.
 */
import { createBatchFlow, type Flow } from '../../src/index.js';
import { mysql } from '../../src/sinks/mysql/index.js';
import { handledBy } from '../ways/batcher.js';
import { flowSettings, runningFlow } from '../ways/flow.js';
import type { Way } from '../ways/way.js';
import { intoTable } from './into-table.js';
import { createNumbered, mariadbUrl, NumberedRequest, totalsOfNumbered } from './mariadb-table.js';
import { type Mysql2Way, openInserts } from './mysql2-inserts.js';

const oneProducer = 'measured with one producer only';

function byMysql2(way: Mysql2Way, label: string): Way {
  return {
    name: `mariadb-${way}`,
    label: `mysql2, ${label}`,
    handledOn: 'the main thread',
    oneProducer,
    async start(options) {
      await createNumbered();
      const { store, close } = await openInserts(way);
      const batcher = handledBy(options, store);
      return intoTable(Object.assign(batcher, { end: () => close() }), true, totalsOfNumbered);
    },
  };
}

function ours(way: 'bulk' | 'execute', label: string, maxConcurrentFlushes = 1): Way {
  return {
    name: `mariadb-ours-${way}${maxConcurrentFlushes === 1 ? '' : `-${maxConcurrentFlushes}`}`,
    label: `BatchFlow Threads, MySQL sink, ${label}`,
    own: true,
    handledOn: 'a worker thread',
    oneProducer,
    async start(options) {
      await createNumbered();
      const sink = mysql({ url: mariadbUrl(), way });
      const settings = { ...flowSettings(options), maxConcurrentFlushes };
      const flow = await createBatchFlow({ schema: NumberedRequest, sink, ...settings });
      return intoTable(runningFlow(flow as unknown as Flow), true, totalsOfNumbered);
    },
  };
}

export const mariadbWays: readonly Way[] = [
  byMysql2('values', "query('INSERT … VALUES ?')"),
  byMysql2('execute', 'execute of a multi-row INSERT'),
  ours('bulk', 'bulk execution'),
  ours('bulk', 'bulk execution, two flushes in flight', 2),
  ours('execute', 'encoded execute'),
];
