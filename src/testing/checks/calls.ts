/**
 * The calls of the contract, one by one: load, open, prepare, write, close, health.
 */
import { messageOf } from '../../describe.js';
import { batchOf } from '../../schema/batch-of.js';
import { DrivenSink } from '../driven-sink.js';
import { abortLimitMs, failureOf } from '../target.js';
import { plainRows } from '../values.js';
import type { BoundCheck } from './check.js';

export const callChecks: readonly BoundCheck[] = [
  {
    name: 'calls: open, prepare, write, close',
    asks: 'when write resolves, the target has every row once',
    section: 'write',
    async run(target) {
      const schema = target.schema();
      const sink = await target.open(schema);
      await sink.prepare(schema);
      const sizes = [1, 2, 1000];
      const rows = plainRows(schema, 1003);
      let from = 0;
      for (const size of sizes) {
        const { failed } = await sink.write(batchOf(schema, rows.slice(from, from + size)));
        const [error] = failed.values();
        if (failed.size > 0) {
          const seen = `${failed.size} of ${size} rows failed: ${messageOf(error)}`;
          throw target.broken(seen);
        }
        from += size;
      }
      await sink.close();
      await target.holds(schema, rows);
    },
  },
  {
    name: 'calls: close without a write',
    asks: 'close ends what open began',
    section: 'close',
    async run(target) {
      const schema = target.schema();
      const sink = await target.open(schema);
      await sink.close();
    },
  },
  {
    name: 'calls: options that are not its own',
    asks: 'open ends, or rejects, whatever its options are',
    section: 'open',
    async run(target) {
      const { module } = await target.ref(target.schema());
      for (const options of [{}, undefined]) {
        const error = await failureOf(async () => {
          const sink = await DrivenSink.load({ module, options }, target.settings.timeLimitMs);
          target.atEnd(() => sink.close().catch(() => {}));
          await sink.open([target.schema()]);
        });
        if (error?.name !== 'WaitTimeoutError') continue;
        const seen = `with ${JSON.stringify(options)} for options: ${error.message}`;
        throw target.broken(seen);
      }
    },
  },
  {
    name: 'calls: a schema that comes late',
    asks: 'prepare makes a sink ready for a schema that open did not know',
    section: 'prepare',
    needs: ({ oneSchema }) => !oneSchema,
    async run(target) {
      const [early, late] = [target.schema(), target.schema()];
      const sink = await target.open(early);
      for (const schema of [early, late]) {
        const rows = plainRows(schema, 20);
        await sink.prepare(schema);
        await sink.write(batchOf(schema, rows));
        await target.holds(schema, rows);
      }
      await sink.write(batchOf(early, plainRows(early, 5, 20)));
      await target.holds(early, plainRows(early, 25));
    },
  },
  {
    name: 'calls: two flushers at once',
    asks: 'each flusher has a sink of its own, and they prepare and write beside each other',
    section: 'prepare',
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 200);
      const sinks = await Promise.all([1, 2].map((flusher) => target.open(schema, flusher)));
      try {
        await Promise.all(sinks.map((sink) => sink.prepare(schema)));
        const batches = [rows.slice(0, 100), rows.slice(100)].map((part) => batchOf(schema, part));
        await Promise.all(sinks.map((sink, i) => sink.deliver(batches[i] as never)));
      } catch (cause) {
        throw target.broken(messageOf(cause), cause);
      }
      await target.holds(schema, rows);
    },
  },
  {
    name: 'calls: a signal that has aborted',
    asks: 'a write ends soon after its signal has aborted',
    section: 'signal',
    async run(target) {
      const schema = target.schema();
      const sink = await target.open(schema);
      await sink.prepare(schema);
      const batch = batchOf(schema, plainRows(schema, 20));
      const began = performance.now();
      // It may store the rows all the same, or reject.
      await failureOf(() => sink.write(batch, AbortSignal.abort(new Error('the attempt has ended'))));
      const took = performance.now() - began;
      if (took > abortLimitMs) {
        const seen = `it went on for ${Math.round(took)} ms`;
        throw target.broken(seen);
      }
      await sink.deliver(batchOf(schema, plainRows(schema, 5, 20)));
      const rows = (await target.read(schema)) ?? [];
      const later = plainRows(schema, 25).slice(rows.length > 5 ? 0 : 20);
      await target.holds(schema, later);
    },
  },
  {
    name: 'calls: health of a target that is well',
    asks: 'health resolves while the target can be reached',
    section: 'health',
    async run(target) {
      const schema = target.schema();
      const sink = await target.open(schema);
      const error = await failureOf(() => sink.health(AbortSignal.timeout(5000)));
      if (error === undefined) return;
      throw target.broken(error.message);
    },
  },
];
