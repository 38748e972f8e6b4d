/**
 * Batches through a flow: threads, order, and rows that are delivered again.
 */
import { batchOf } from '../../schema/batch-of.js';
import { shown } from '../compare.js';
import { someRows } from '../driven-sink.js';
import type { Row } from '../options.js';
import { keyOf } from '../schemas.js';
import { plainRows } from '../values.js';
import type { BoundCheck } from './check.js';

export const deliveryChecks: readonly BoundCheck[] = [
  {
    name: 'flow: two flushers on threads',
    asks: 'every row that a flow accepts reaches the target once',
    section: 'write',
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 1000);
      const checked = await target.flow(schema, { flushers: 2 });
      for (const row of rows) checked.flow.push(row as never);
      await target.drained(checked);
      await target.nothingGivenUp(checked);
      await target.holds(schema, rows);
      const report = await checked.flow.close();
      if (report.committed === rows.length) return;
      throw target.broken(`${report.committed} of ${rows.length} rows were committed`);
    },
  },
  {
    name: 'flow: rows keep their order in one flusher',
    asks: 'one flusher’s rows are stored in the order of their batches, and of rows in a batch',
    section: 'order',
    needs: ({ ordered, readBack }) => ordered && readBack !== undefined,
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 500);
      const checked = await target.flow(schema);
      for (const row of rows) checked.flow.push(row as never);
      await target.drained(checked);
      await target.holds(schema, rows);
      const key = keyOf(schema);
      const found = ((await target.read(schema)) as Row[]).map((row) => shown(row[key]));
      const at = rows.findIndex((row, i) => shown(row[key]) !== found[i]);
      if (at >= 0) {
        const seen = `place ${at} has row ${found[at]} in place of row ${shown(rows[at]?.[key])}`;
        throw target.broken(seen);
      }
    },
  },
  {
    name: 'identity: rows that are delivered again',
    asks: 'a row that is delivered again is stored once, in whatever batch it comes',
    section: 'identity',
    needs: ({ idempotent }) => idempotent !== undefined,
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 60);
      const all = batchOf(schema, rows);
      const numbers = rows.map((_, i) => i);
      const sink = await target.open(schema);
      await sink.prepare(schema);
      const deliver = async (chosen: readonly number[], had: number) => {
        const { failed, skipped } = await sink.write(someRows(all, chosen));
        const [error] = failed.values();
        if (error !== undefined) throw target.broken(`a row failed: ${String(error)}`);
        const count = typeof skipped === 'number' ? skipped : skipped.length;
        if (count === had || count === 0) return;
        const seen = `skipped is ${count}, of a batch of which the target had ${had} rows`;
        throw target.broken(seen);
      };
      await deliver(numbers.slice(0, 20), 0);
      await deliver(numbers.slice(0, 20), 20);
      await deliver(numbers.slice(10, 40), 10);
      await deliver(numbers, 40);
      // A flusher that takes over has a sink of its own.
      const other = await target.open(schema, 2);
      await other.prepare(schema);
      await other.write(someRows(all, numbers.slice(15).reverse()));
      await target.holds(schema, rows);
    },
  },
  {
    name: 'identity: equal rows that are two',
    asks: 'rows are told apart by their identity, and not by their values',
    section: 'identity',
    needs: ({ idempotent, readBack }) => idempotent === 'identity' && readBack !== undefined,
    async run(target) {
      const schema = target.schema();
      const [row] = plainRows(schema, 1, 1) as [Row];
      const sink = await target.open(schema);
      await sink.prepare(schema);
      await sink.write(batchOf(schema, [row, row]));
      await sink.write(batchOf(schema, [row]));
      const count = (await target.read(schema))?.length;
      if (count !== 3) throw target.broken(`${count} of 3 equal rows are there`);
    },
  },
];
