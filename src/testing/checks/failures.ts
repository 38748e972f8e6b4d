/**
 * What fails: a target that is down, that does not answer, or that refuses rows.
 */
import { setTimeout } from 'node:timers/promises';
import { batchOf } from '../../schema/batch-of.js';
import { shown } from '../compare.js';
import type { ConformanceOptions, Row } from '../options.js';
import { keyOf } from '../schemas.js';
import { abortLimitMs, failureOf, type Target } from '../target.js';
import { plainRows } from '../values.js';
import type { BoundCheck } from './check.js';

/** Long enough for rows that are taken for bad to be found, and given up. */
const downMs = 500;

type Hook = 'breakTarget' | 'stallTarget' | 'limitTarget' | 'badRow';

/** A hook that the check's `needs` has made sure of. */
function hook<K extends Hook>(target: Target, name: K): NonNullable<ConformanceOptions[K]> {
  return target.settings[name] as NonNullable<ConformanceOptions[K]>;
}

export const failureChecks: readonly BoundCheck[] = [
  {
    name: 'retry: a target that goes down and comes back',
    asks: 'rows wait while the target is down, and none is given up: its errors mean retry',
    section: 'retry',
    needs: ({ breakTarget }) => breakTarget !== undefined,
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 600);
      const checked = await target.flow(schema, { flushers: 2 });
      const push = (from: number, to: number) => {
        for (const row of rows.slice(from, to)) checked.flow.push(row as never);
      };
      push(0, 100);
      await target.drained(checked);
      const mend = await target.begin(hook(target, 'breakTarget'));
      push(100, 400);
      const longEnough = performance.now() + downMs;
      await until(target, () => checked.flow.stats().retries > 2 && performance.now() > longEnough);
      await target.nothingGivenUp(checked);
      await mend();
      push(400, 600);
      await target.drained(checked);
      await target.nothingGivenUp(checked);
      // Without identities, what was in flight may be there twice.
      await target.holds(schema, rows, target.settings.idempotent === undefined);
    },
  },
  {
    name: 'retry: opening while the target is down',
    asks: 'open rejects, or leaves it to write, while the target is down',
    section: 'open',
    needs: ({ breakTarget }) => breakTarget !== undefined,
    async run(target) {
      const schema = target.schema();
      const mend = await target.begin(hook(target, 'breakTarget'));
      const error = await failureOf(() => target.open(schema));
      if (error?.name === 'WaitTimeoutError') {
        throw target.broken(error.message);
      }
      await mend();
      const sink = await target.open(schema);
      await sink.prepare(schema);
      const rows = plainRows(schema, 5);
      await sink.write(batchOf(schema, rows));
      await target.holds(schema, rows);
    },
  },
  {
    name: 'health: a target that goes down and comes back',
    asks: 'health rejects while the target is down, and resolves once it is back',
    section: 'health',
    needs: ({ breakTarget }) => breakTarget !== undefined,
    async run(target) {
      const schema = target.schema();
      const sink = await target.open(schema);
      if (sink.sink.health === undefined) return;
      const mend = await target.begin(hook(target, 'breakTarget'));
      const error = await failureOf(() => sink.health(AbortSignal.timeout(5000)));
      if (error === undefined) throw target.broken('it resolved while the target was down');
      if (error.message === '') throw target.broken('an error without a message');
      await mend();
      let last: Error | undefined;
      await until(target, async () => {
        last = await failureOf(() => sink.health(AbortSignal.timeout(5000)));
        return last === undefined;
      });
      if (last !== undefined) {
        throw target.broken(last.message);
      }
    },
  },
  {
    name: 'abort: a write that the target does not answer',
    asks: 'a write ends soon after its signal has aborted',
    section: 'signal',
    needs: ({ stallTarget }) => stallTarget !== undefined,
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 20);
      const sink = await target.open(schema);
      await sink.prepare(schema);
      await sink.write(batchOf(schema, plainRows(schema, 5, 100)));
      const resume = await target.begin(hook(target, 'stallTarget'));
      const aborter = new AbortController();
      const batch = batchOf(schema, rows);
      const writing = failureOf(() => sink.write(batch, aborter.signal));
      await setTimeout(100);
      const began = performance.now();
      aborter.abort(new Error('the attempt has taken too long'));
      const error = await Promise.race([writing, setTimeout(abortLimitMs, 'hangs' as const)]);
      // It ends by the limit of all calls, or goes on still.
      if (error === 'hangs' || error?.name === 'WaitTimeoutError') {
        const seen = `after ${Math.round(performance.now() - began)} ms it still went on`;
        throw target.broken(seen);
      }
      await resume();
      if (error !== undefined) await sink.deliver(batch);
      const expected = [...rows, ...plainRows(schema, 5, 100)];
      const twice = target.settings.idempotent === undefined;
      await target.holds(schema, expected, twice);
    },
  },
  {
    name: 'bad rows: one that the target refuses',
    asks: 'a row that the target refuses is given up alone; its batch’s other rows are committed once',
    section: 'bad-rows',
    needs: ({ badRow }) => badRow !== undefined,
    async run(target) {
      const schema = target.schema();
      const rows = plainRows(schema, 100);
      const place = 61;
      const bad = await hook(target, 'badRow')(schema, rows[place] as Row);
      const checked = await target.flow(schema, { flushSize: 100, retry: { maxAttempts: 3, backoffMs: 10 } });
      for (const [i, row] of rows.entries()) checked.flow.push((i === place ? bad : row) as never);
      await target.drained(checked);
      const letters = checked.letters.rows() as { row: string; message: string }[];
      const healthy = rows.filter((_, i) => i !== place);
      if (letters.length !== 1) {
        const seen = `${letters.length} rows became dead letters${letters[0] ? `: ${letters[0].message}` : ''}`;
        throw target.broken(seen);
      }
      const key = shown(rows[place]?.[keyOf(schema)]).replace(/^'|'$/g, '');
      if (!letters[0]?.row.includes(key.replace(/n$/, ''))) {
        throw target.broken(`another row became the dead letter: ${letters[0]?.row}`);
      }
      await target.holds(schema, healthy);
    },
  },
  {
    name: 'splitting: a batch that is too large',
    asks: 'a batch that is too large is halved (split: true), and no row of it is given up',
    section: 'splitting',
    needs: ({ limitTarget }) => limitTarget !== undefined,
    async run(target) {
      const schema = target.schema();
      const column = Object.entries(schema.columns).find(
        ([name, { type }]) => (type === 'string' || type === 'json') && name !== keyOf(schema),
      )?.[0];
      if (column === undefined) return;
      const rows = plainRows(schema, 64).map((row, i) => ({ ...row, [column]: `${i} ${'x'.repeat(2000)}` }));
      const lift = await target.begin(() => hook(target, 'limitTarget')(schema));
      const checked = await target.flow(schema, { flushSize: 64, retry: { maxAttempts: 3, backoffMs: 10 } });
      for (const row of rows) checked.flow.push(row as never);
      await target.drained(checked);
      await target.nothingGivenUp(checked);
      await lift();
      await target.holds(schema, rows);
    },
  },
];

async function until(target: Target, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + target.settings.timeLimitMs;
  while (!(await condition()) && performance.now() < end) await setTimeout(5);
}
