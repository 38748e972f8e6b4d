/**
 * A metric that shows how rows travel.
 */
import { promClient } from '../../metrics/read/prom-client.js';
import { hasPeer } from '../../peer-packages.js';
import type { OpenContext } from '../../sink.js';
import type { Ways } from './ways.js';

/** Show the way of the last write. Without prom-client no program can. */
export function registerWay(context: Pick<OpenContext, 'metrics'>, ways: Ways): void {
  if (!hasPeer('prom-client') || context.metrics === undefined) return;
  new (promClient().Gauge)({
    name: 'batchflow_mysql_way',
    help: 'How rows travel to MySQL or MariaDB: 1 for the way of the last write (bulk, execute, query).',
    labelNames: ['way'],
    aggregator: 'max',
    registers: [context.metrics],
    collect() {
      this.reset();
      if (ways.last !== undefined) this.set({ way: ways.last }, 1);
    },
  });
}
