/**
 * Every value of every column type, there and back.
 */
import { messageOf } from '../../describe.js';
import { batchOf } from '../../schema/batch-of.js';
import type { Schema } from '../../schema/columns/schema.js';
import { expectedRow, shown } from '../compare.js';
import type { Row } from '../options.js';
import { keyOf } from '../schemas.js';
import { hardRows } from '../values.js';
import type { BoundCheck } from './check.js';

/** One check for each schema: all of its rows are kept, or refused, as the maker of the sink says. */
export function valueChecks(schemas: readonly Schema[]): BoundCheck[] {
  return schemas.map((base) => ({
    name: `values: ${base.name}`,
    asks: 'a value is kept, or changed as losses says; a row that cannot be kept fails alone',
    section: 'values',
    async run(target) {
      const schema = target.schema(base);
      const sink = await target.open(schema);
      const batch = batchOf(schema, hardRows(schema) as never[]);
      const { losses } = target.settings;
      // What a batch gives: floats of single precision are rounded, for one.
      const expected = (batch.rows() as Row[]).map((row) => expectedRow(schema, row, losses));
      const failures = await sink.deliver(batch);
      const failed = new Map(failures.map(({ row, error }) => [row, error]));
      const wrong = expected.flatMap((row, i) => {
        const error = failed.get(i);
        if ((row === undefined) === failed.has(i)) return [];
        const key = shown((batch.row(i) as Row)[keyOf(schema)]);
        return [row === undefined ? `row ${key} did not fail` : `row ${key} failed: ${messageOf(error)}`];
      });
      if (wrong.length > 0) throw target.broken(wrong.slice(0, 5).join('; '));
      await target.holds(
        schema,
        expected.filter((row) => row !== undefined),
      );
    },
  }));
}
