/**
 * The sink of `dryRun`: it checks what options say of the flow's schemas, sends nothing, and commits every row.
 */
import type { Sink } from '../../sink.js';
import type { TablesSettings } from './options.js';
import { plansOf } from './table-plan.js';

export function drySink(tables: TablesSettings): Required<Pick<Sink, 'open' | 'write' | 'health' | 'close'>> {
  return {
    open({ schemas }) {
      plansOf(schemas, tables);
    },
    write() {},
    async health() {},
    close() {},
  };
}
