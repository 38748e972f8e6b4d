/**
 * Dead letters as data: what a letter holds, and the SQLite sink that keeps them.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../dist/src/errors.js';
import { deadLetterSchema, letterOf } from '../../../dist/src/flow/delivery/dead-letter.js';
import { type ErrorData, errorData } from '../../../dist/src/flow/protocol/error-data.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../../dist/src/schema/columns/schema.js';
import { schemaOfText } from '../../../dist/src/schema/columns/schema-text.js';
import { rowOfText } from '../../../dist/src/schema/read/row-text.js';
import type { SinkRef } from '../../../dist/src/sink.js';
import { sqlite, sqliteDeadLetters } from '../../../dist/src/sinks/sqlite/index.js';
import type { SqliteSettings } from '../../../dist/src/sinks/sqlite/options.js';

const clicks = defineSchema('clicks', { at: t.timestamp(), user: t.label().optional(), raw: t.any() });

function letter(error: ErrorData) {
  return letterOf({
    flow: 'site',
    batch: batchOf(clicks, [{ at: 1.5, raw: new Map([[1, 2n]]) }]),
    row: 0,
    reason: 'fatal',
    error,
    attempts: 3,
    firstTriedAt: 1000.5,
    failedAt: 2000,
  });
}

describe('a letter', () => {
  it('is a row of its schema, and holds all that its own row needs', () => {
    const made = letter({ message: 'no such table', code: 'SQLITE_ERROR', reason: 'syntax' });
    expect(batchOf(deadLetterSchema, [made]).row(0)).toEqual({
      flow: 'site',
      schema: 'clicks',
      columns: '{"at":"timestamp","user":"label?","raw":"any"}',
      row: expect.stringMatching(/^\{"at":1\.5,"user":null,"raw":"[\w+/=]+"\}$/),
      reason: 'fatal',
      code: 'SQLITE_ERROR',
      message: 'no such table',
      attempts: 3,
      firstTriedAt: 1000.5,
      failedAt: 2000,
      identity: expect.stringMatching(/^[\w-]{34}$/),
      errorReason: 'syntax',
    });
    const schema = schemaOfText(made.schema, made.columns);
    expect(schema).toEqual(clicks);
    expect(rowOfText(schema, made.row)).toEqual({ at: 1.5, user: null, raw: new Map([[1, 2n]]) });
  });

  it('holds an error of bounded length, cut between characters', () => {
    const of = (message: string, code?: string) => errorData(Object.assign(new Error(message), { code }));
    expect(letter(of('short'))).toMatchObject({ message: 'short', code: null });
    const full = 'x'.repeat(2000);
    expect(of(full).message).toBe(full);
    expect(of(`${full}x`).message).toBe(`${'x'.repeat(1999)}…`);
    expect(of(`${'x'.repeat(1998)}${'😀'.repeat(9)}`).message).toBe(`${'x'.repeat(1998)}…`);
    expect(of('', 'C'.repeat(5000)).code).toHaveLength(200);
  });
});

describe('sqliteDeadLetters', () => {
  it('is the SQLite sink on a table of its own', () => {
    const ref = sqliteDeadLetters({ file: 'letters.db' });
    const { module, ...rest } = sqlite({ file: 'letters.db' });
    const options = rest.options as SqliteSettings;
    expect(ref).toEqual({
      module,
      options: {
        ...options,
        tables: { ...options.tables, all: { ...options.tables.all, table: 'dead_letters' } },
        addsColumns: true,
      },
    });
    const chosen = { file: 'x.db', table: 'other', busyTimeoutMs: 5, synchronous: 'normal' } as const;
    const { table, ...others } = chosen;
    expect(sqliteDeadLetters(chosen).options).toMatchObject({
      ...others,
      file: join(process.cwd(), 'x.db'),
      tables: { all: { table } },
    });
  });

  it.each([
    [undefined, 'options'],
    [{}, 'file'],
    [{ file: ':memory:' }, 'file'],
    [{ file: 'x.db', table: '' }, 'table'],
    [{ file: 'x.db', table: null }, 'table'],
    [{ file: 'x.db', busyTimeoutMs: -1 }, 'busyTimeoutMs'],
    [{ file: 'x.db', synchronous: 'always' }, 'synchronous'],
    [{ file: 'x.db', conflict: 'ignore' }, 'conflict'],
    [{ file: 'x.db', createTable: false }, 'createTable'],
    [{ file: 'x.db', colour: 1 }, 'colour'],
  ])('refuses %j', (options, key) => {
    let thrown: unknown;
    try {
      sqliteDeadLetters(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).key).toBe(key);
  });

  it.each([
    ['requests.db', 'requests.dead-letters.db'],
    ['data/events.sqlite3', 'data/events.dead-letters.sqlite3'],
    ['a.b.db', 'a.b.dead-letters.db'],
    ['requests', 'requests.dead-letters.db'],
    ['data.d/requests', 'data.d/requests.dead-letters.db'],
    ['.hidden', '.hidden.dead-letters.db'],
  ])('comes with sqlite({ file: %j }), in %j', (file, expected) => {
    const deadLetters = sqlite({ file, table: 'mine', synchronous: 'off' }).deadLetters as SinkRef;
    expect(deadLetters).toEqual(sqliteDeadLetters({ file: expected }));
    expect((deadLetters.options as { file: string }).file).toBe(join(process.cwd(), expected));
  });
});
