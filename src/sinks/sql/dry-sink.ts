/**
 * The sink of `dryRun`: it checks what options say of the flow's schemas, sends nothing, and commits every row.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Sink } from '../../sink.js';
import type { TablesSettings } from './options.js';
import { latePlanOf, plansOf } from './table-plan.js';

export function drySink(
  tables: TablesSettings,
): Required<Pick<Sink, 'open' | 'prepare' | 'write' | 'health' | 'close'>> {
  const known: Schema[] = [];
  return {
    open({ schemas }) {
      plansOf(schemas, tables);
      known.push(...schemas);
    },
    prepare(schema) {
      if (known.some(({ name }) => name === schema.name)) return;
      latePlanOf(schema, known, tables);
      known.push(schema);
    },
    write() {},
    async health() {},
    close() {},
  };
}
