/**
 * `identityColumn`: a row that is delivered again is stored once, whatever came between, and counted as skipped.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Batch, batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { selectRows } from '../../../dist/src/schema/read/batch-select.js';
import { type SqliteOptions, sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { temporaryFolder } from '../../bench/temporary-folder.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { sql } from '../../fixtures/letters.js';

const Events = defineSchema('events', { id: t.int32(), text: t.string().optional() });
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, text: `row ${from + i}` }));
const numbers = (from: number, count: number) => rows(from, count).map(({ id }) => id);
const some = (batch: Batch<typeof Events>, chosen: readonly number[]) =>
  new Batch(Events, selectRows(batch.data, chosen));

function place() {
  const file = fileURLToPath(new URL('events.db', temporaryFolder()));
  const open = (options: Partial<SqliteOptions> = {}) =>
    directSink(sqlite({ file, identityColumn: 'event_id', ...options }), Events);
  const ids = () => sql(file, 'SELECT id FROM events ORDER BY id').flat();
  return { file, open, ids };
}

describe('identityColumn of SQLite', () => {
  it.each([
    ['error', {}],
    ['error, with a key', { conflictColumns: ['id'] }],
    ['ignore', { conflict: 'ignore' }],
    ['ignore, with a key', { conflict: 'ignore', conflictColumns: ['id'] }],
  ] as [string, Partial<SqliteOptions>][])('stores rows once, with conflict %s', async (_, options) => {
    const { open, ids } = place();
    const sink = await open(options);
    const batch = batchOf(Events, rows(0, 300));
    expect(await sink.deliver(some(batch, [1, 2, 3, 299]))).toBeUndefined();
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 4 });
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 300 });
    expect(ids()).toEqual(numbers(0, 300));
  });

  it('keeps the identity that the batch has, and equal rows that are two', async () => {
    const { file, open } = place();
    const sink = await open();
    const batch = batchOf(Events, [
      { id: 1, text: 'a' },
      { id: 1, text: 'a' },
    ]);
    await sink.deliver(batch);
    const stored = sql(file, 'SELECT event_id FROM events ORDER BY rowid').flat();
    expect(stored).toEqual([0, 1].map((i) => Buffer.from(batch.identityBytes(i))));
  });

  it('leaves a row out for its identity alone: other rules are heard, and other keys', async () => {
    const { file, ids } = place();
    sql(
      file,
      'CREATE TABLE events (id INTEGER PRIMARY KEY CHECK (id <> 7), text TEXT, event_id BLOB UNIQUE)',
    );
    const Whole = defineSchema('events', { id: t.int32() });
    const sink = await directSink(sqlite({ file, identityColumn: 'event_id' }), Whole);
    const batch = batchOf(
      Whole,
      numbers(0, 4).map((id) => ({ id })),
    );
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 4 });
    for (const id of [7, 2]) {
      const error = await sink.write([{ id }]).catch((thrown: unknown) => thrown);
      expect(sink.classify(error), String(id)).toBe('fatal');
    }
    expect(ids()).toEqual(numbers(0, 4));
  });

  it('wants of a table that exists the column and its index, and prints the statements that help', async () => {
    const { file, open } = place();
    sql(file, 'CREATE TABLE events (id INTEGER, text TEXT)');
    for (const fault of [
      /the identity column "event_id" is missing/,
      /needs a unique index on the identity column/,
    ]) {
      const error = (await open().catch((thrown: unknown) => thrown)) as Error;
      expect(error.message).toMatch(fault);
      const [first] = (error.message.split('this would help: ')[1] as string).split('; ');
      sql(file, first as string);
    }
    const sink = await open();
    const batch = batchOf(Events, rows(0, 2));
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 2 });
  });

  it('refuses what cannot be, and says why', async () => {
    const { file, open } = place();
    for (const conflict of ['replace', { update: ['text'] }] as const) {
      const options = { file, identityColumn: 'event_id', conflict, conflictColumns: ['id'] };
      expect(() => sqlite(options)).toThrow(/identityColumn.*an older row delivered again would win/);
    }
    await expect(open({ identityColumn: 'TEXT' })).rejects.toThrow(/which is one of the schema/);
    sql(file, 'CREATE TABLE events (id INTEGER, text TEXT, event_id INTEGER UNIQUE)');
    await expect(open()).rejects.toThrow(
      'the identity column "event_id" is declared INTEGER (affinity INTEGER); it needs BLOB',
    );
  });
});
