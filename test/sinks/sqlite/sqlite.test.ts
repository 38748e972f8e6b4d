/**
 * The SQLite sink against real files: what arrives in the table, what is refused, what contention does.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { ConfigError, SinkError } from '../../../dist/src/errors.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { unpackAny } from '../../../dist/src/schema/codec/any-codec.js';
import { type Column, t } from '../../../dist/src/schema/columns/columns.js';
import { defineSchema, type EventOf, type Schema } from '../../../dist/src/schema/columns/schema.js';
import { connect } from '../../../dist/src/sinks/sqlite/connection.js';
import { type SqliteOptions, sqlite, sqliteDeadLetters } from '../../../dist/src/sinks/sqlite/index.js';
import manifest from '../../../package.json' with { type: 'json' };
import { locksFound } from '../../fixtures/locks-found.js';
import { until } from '../../fixtures/until.js';

let folder: string;
let file: string;
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-sink-'));
  file = join(folder, 'events.db');
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
});

/** A connection of the test's own, integers as bigints. */
function connection() {
  const db = new Database(file);
  db.defaultSafeIntegers();
  cleanups.push(() => db.close());
  return db;
}

/** The sink as a flusher has it: module loaded by its URL, options and schemas posted to another thread. */
async function open(options: Partial<SqliteOptions>, ...schemas: Schema[]) {
  const ref = sqlite({ file, ...options });
  const posted = structuredClone(ref.options);
  const sink = (await import(ref.module)).default.create(posted);
  await sink.open({ flusher: 1, options: posted, schemas: structuredClone(schemas) });
  cleanups.push(() => sink.close());
  return {
    write<S extends Schema>(schema: S, rows: Iterable<EventOf<S>>, signal = new AbortController().signal) {
      return sink.write(batchOf(schema, rows), { flusher: 1, options: posted, schema, attempt: 1, signal });
    },
    close: () => sink.close(),
  };
}

/** The SinkError with which opening fails; nothing of the schemas' tables may be left behind. */
async function refusal(options: Partial<SqliteOptions>, ...schemas: Schema[]): Promise<string> {
  const failure = await open(options, ...schemas).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(SinkError);
  return (failure as SinkError).message;
}

const all = (sql: string) => connection().prepare(sql).raw().all() as unknown[][];
const Key = defineSchema('k', { id: t.int32(), v: t.string() });

describe('options', () => {
  const bad: [string, object, string][] = [
    ['an unknown option', { fil: 'x' }, 'fil'],
    ["':memory:'", { file: ' :memory: ' }, 'file'],
    ['an empty file', { file: '' }, 'file'],
    ['a URI of SQLite', { file: 'file:events.db?mode=rwc' }, 'file'],
    ['the address of a server', { file: 'postgres://me:sesame@db/events' }, 'file'],
    ['a file URL', { file: ' FILE:///tmp/events.db' }, 'file'],
    ['a URL of the command line', { file: 'sqlite:events.db' }, 'file'],
    ['a file behind two slashes', { file: '//events.db' }, 'file'],
    ['a file with NUL', { file: 'a\0b' }, 'file'],
    ['a file that is no text', { file: 7 }, 'file'],
    ['an empty table', { table: '' }, 'table'],
    ['a table with NUL', { table: 'a\0' }, 'table'],
    ['a table with a lone surrogate', { table: '\ud800' }, 'table'],
    ['tables that are a list', { tables: ['a'] }, 'tables'],
    ['tables that are a Map', { tables: new Map([['a', 'b']]) }, 'tables'],
    ['a table name of tables that is no text', { tables: { a: 1 } }, 'tables.a'],
    ['tables that are inherited', { tables: Object.create({ a: 'b' }) }, 'tables'],
    ['a bad name under __proto__', { tables: { ['__proto__']: 1 } }, 'tables.__proto__'],
    ['table and tables', { table: 'a', tables: { a: 'b' } }, 'tables'],
    ['an unknown conflict mode', { conflict: 'upsert' }, 'conflict'],
    ['an update of nothing', { conflict: { update: [] }, conflictColumns: ['id'] }, 'conflict.update'],
    ['an update without a key', { conflict: { update: ['v'] } }, 'conflictColumns'],
    ['an empty key', { conflictColumns: [] }, 'conflictColumns'],
    ['a key with a column twice', { conflictColumns: ['a', 'a'] }, 'conflictColumns'],
    ['a key column that is no text', { conflictColumns: ['a', 5] }, 'conflictColumns.1'],
    ['a negative timeout', { busyTimeoutMs: -1 }, 'busyTimeoutMs'],
    ['a fractional timeout', { busyTimeoutMs: 1.5 }, 'busyTimeoutMs'],
    ['a timeout past 32 bits', { busyTimeoutMs: 2 ** 31 }, 'busyTimeoutMs'],
    ['an unknown synchronous', { synchronous: 'FULL' }, 'synchronous'],
    ['a createTable that is no boolean', { createTable: 1 }, 'createTable'],
  ];
  it.each(bad)('refuses %s', (_, options, key) => {
    const make = () => sqlite({ file, ...options } as SqliteOptions);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(expect.objectContaining({ key }));
  });

  it('says why a database in memory and a URI cannot be, and that options are needed at all', () => {
    expect(() => sqlite({ file: ':memory:' })).toThrow(
      /":memory:".*each flusher has a connection of its own/,
    );
    expect(() => sqlite({ file: 'file:events.db' })).toThrow(
      /file:events\.db.*path, not a URI: data\/events\.db in place of file:data\/events\.db/,
    );
    expect(() => sqliteDeadLetters({ file: 'file:letters.db' })).toThrow(/not a URI/);
    // Such a name is still a file's, when it says so.
    expect(sqlite({ file: './file:events.db' }).options).toMatchObject({
      file: join(process.cwd(), 'file:events.db'),
    });
    expect(() => sqlite(undefined as unknown as SqliteOptions)).toThrow(ConfigError);
    expect(() => sqlite({} as SqliteOptions)).toThrow(expect.objectContaining({ key: 'file' }));
  });

  it('names a module and absolute settings that can be posted', () => {
    const ref = sqlite({ file: 'a/b.db', conflict: { update: ['v'] }, conflictColumns: ['id'] });
    expect(ref.module).toMatch(/^file:.*\/sink\.js$/);
    expect(structuredClone(ref.options)).toMatchObject({
      file: join(process.cwd(), 'a/b.db'),
      busyTimeoutMs: 5000,
      synchronous: 'full',
      tables: {
        all: { createTable: true, conflict: { update: ['v'] }, conflictColumns: ['id'] },
        bySchema: {},
      },
    });
  });

  it('needs better-sqlite3 only when a flusher opens it; then the error says what to install', async () => {
    const lone = join(folder, 'lone');
    cpSync(fileURLToPath(new URL('../../../dist/src', import.meta.url)), join(lone, 'dist/src'), {
      recursive: true,
    });
    writeFileSync(join(lone, 'package.json'), '{"type":"module"}');
    mkdirSync(join(lone, 'node_modules'));
    for (const name of Object.keys(manifest.dependencies)) {
      const installed = fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url));
      symlinkSync(installed, join(lone, 'node_modules', name), 'junction');
    }
    const module = await import(pathToFileURL(join(lone, 'dist/src/sinks/sqlite/index.js')).href);
    const ref = module.sqlite({ file });
    const sink = (await import(ref.module)).default.create(ref.options);
    await expect(sink.open({ flusher: 1, options: ref.options, schemas: [Key] })).rejects.toMatchObject({
      code: 'ERR_SINK',
      message: expect.stringContaining('npm install better-sqlite3'),
    });
  });
});

describe('values', () => {
  const types = {
    bool: t.bool(),
    int8: t.int8(),
    int16: t.int16(),
    int32: t.int32(),
    uint8: t.uint8(),
    uint16: t.uint16(),
    uint32: t.uint32(),
    float32: t.float32(),
    float64: t.float64(),
    bigint64: t.bigint64(),
    timestamp: t.timestamp(),
    label: t.label(),
    string: t.string(),
    bytes: t.bytes(),
    json: t.json(),
    any: t.any(),
  };
  const Everything = defineSchema('everything', {
    ...types,
    optBool: types.bool.optional(),
    optInt: types.int32.optional(),
    optFloat: types.float64.optional(),
    optBigint: types.bigint64.optional(),
    optTimestamp: types.timestamp.optional(),
    optLabel: types.label.optional(),
    optString: types.string.optional(),
    optBytes: types.bytes.optional(),
    optJson: types.json.optional(),
    optAny: types.any.optional(),
  });
  const values: Record<string, fc.Arbitrary<unknown>> = {
    bool: fc.boolean(),
    int8: fc.integer({ min: -128, max: 127 }),
    int16: fc.integer({ min: -32768, max: 32767 }),
    int32: fc.integer(),
    uint8: fc.integer({ min: 0, max: 255 }),
    uint16: fc.integer({ min: 0, max: 65535 }),
    uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    float32: fc.float(),
    float64: fc.double(),
    bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    timestamp: fc.oneof(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.constant(1700000000000.25)),
    label: fc.oneof(fc.constantFrom('GET', 'POST', '12', '\ud800'), fc.string({ unit: 'binary' })),
    string: fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('1', 'a\0b', '', 'x\udc00')),
    bytes: fc.uint8Array(),
    json: fc.jsonValue(),
    any: fc.oneof(fc.string(), fc.integer(), fc.constant(new Map([['a', new Set([1])]]))),
  };

  /** What a reader with 64-bit integers finds in the file. */
  function stored(value: unknown, { type, nullable }: Column): unknown {
    if (value === null && nullable) return null;
    if (type === 'json') return JSON.stringify(value);
    if (type.startsWith('float')) return Number.isNaN(value) ? null : (value as number) + 0;
    if (typeof value === 'boolean') return value ? 1n : 0n;
    if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
    if (typeof value === 'string') return value.toWellFormed();
    return value instanceof Uint8Array ? Buffer.from(value) : value;
  }

  const columns: [string, Column][] = Object.entries(Everything.columns);

  it('stores every column type so that it reads back', async () => {
    const sink = await open({ synchronous: 'off' }, Everything);
    const db = connection();
    const row = fc.record(
      Object.fromEntries(
        columns.map(([name, { type, nullable }]) => {
          const value = values[type] as fc.Arbitrary<unknown>;
          return [name, nullable ? fc.option(value) : value];
        }),
      ),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        db.exec('DELETE FROM everything');
        sink.write(Everything, rows as EventOf<typeof Everything>[]);
        const found = db.prepare('SELECT * FROM everything ORDER BY rowid').all() as Record<
          string,
          unknown
        >[];
        expect(found).toHaveLength(rows.length);
        rows.forEach((pushed, i) => {
          for (const [name, column] of columns) {
            const got = found[i]?.[name];
            const value = pushed[name];
            if (column.type === 'any' && value !== null) expect(unpackAny(got as Buffer)).toEqual(value);
            else expect(got).toEqual(stored(value, column));
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('declares the columns after their types, NOT NULL where a value is certain', async () => {
    await open({}, Everything);
    const declared = connection()
      .prepare('SELECT name, type, "notnull" FROM pragma_table_info(\'everything\')')
      .raw();
    const integer = /bool|int|timestamp/;
    const expected = columns.map(([name, { type, nullable }]) => [
      name,
      integer.test(type) ? 'INTEGER' : /float/.test(type) ? 'REAL' : /bytes|any/.test(type) ? 'BLOB' : 'TEXT',
      nullable || /float/.test(type) ? 0n : 1n,
    ]);
    expect(declared.all()).toEqual(expected);
  });

  it('keeps integers integers and reals reals', async () => {
    const S = defineSchema('s', { i: t.int32(), f: t.float64(), at: t.timestamp(), b: t.bigint64() });
    const sink = await open({}, S);
    sink.write(S, [
      { i: 3, f: 3, at: new Date(5), b: 2n ** 63n - 1n },
      { i: 3, f: 3, at: 5.5, b: -(2n ** 63n) },
    ]);
    expect(all('SELECT typeof(i), typeof(f), typeof(at), b FROM s')).toEqual([
      ['integer', 'real', 'integer', 9223372036854775807n],
      ['integer', 'real', 'real', -9223372036854775808n],
    ]);
  });

  it('stores NaN as NULL, -0 as 0, and the infinities as they are', async () => {
    const S = defineSchema('s', { f: t.float64() });
    const sink = await open({}, S);
    sink.write(
      S,
      [Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324].map((f) => ({ f })),
    );
    const found = all('SELECT f FROM s').flat();
    expect(found).toEqual([null, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324]);
  });

  it('stores lone surrogates as U+FFFD in valid UTF-8, and text after a NUL', async () => {
    const S = defineSchema('s', { s: t.string(), l: t.label(), j: t.json() });
    const sink = await open({}, S);
    sink.write(S, [
      { s: 'a\ud800b', l: '\udc00', j: '\ud800' },
      { s: 'é\0🎉', l: 'a\0b', j: '\0' },
    ]);
    expect(all('SELECT s, l, j FROM s')).toEqual([
      ['a\ufffdb', '\ufffd', '"\\ud800"'],
      ['é\0🎉', 'a\0b', '"\\u0000"'],
    ]);
    expect(all('SELECT hex(s) FROM s').flat()).toEqual(['61EFBFBD62', 'C3A900F09F8E89']);
  });
});

describe('batches of any size', () => {
  const cells = (width: number) =>
    Object.fromEntries(Array.from({ length: width }, (_, k) => [`c${k}`, t.float64()] as const));

  it.each([1, 6, 500, 512])('stores every cell in its place with %i columns', async (width) => {
    const S = defineSchema('wide', cells(width));
    const sink = await open({ synchronous: 'off' }, S);
    const db = connection();
    const most = 2 ** Math.floor(Math.log2(1024 / width));
    for (const length of [0, 1, 2, 3, most - 1, most, most + 1, 2 * most + 5]) {
      const rows = Array.from({ length }, (_, r) =>
        Object.fromEntries(Array.from({ length: width }, (_, k) => [`c${k}`, r * 1000 + k])),
      );
      db.exec('DELETE FROM wide');
      sink.write(S, rows as EventOf<typeof S>[]);
      const found = db.prepare('SELECT * FROM wide ORDER BY rowid').raw().all();
      expect(found).toEqual(rows.map((row) => Object.values(row)));
    }
  });
});

describe('names', () => {
  const hostile = [
    '"];process.exit()//',
    '__proto__',
    "'",
    '"',
    '""',
    'a"); DROP TABLE x; --',
    '?',
    'é🎉\n',
    '[x]',
    '`',
    'select',
    ' ',
  ];

  it('are only ever names', async () => {
    const columns = Object.fromEntries(hostile.map((name) => [name, t.string()]));
    Object.defineProperty(columns, '__proto__', { value: t.string(), enumerable: true });
    for (const name of hostile) {
      const S = defineSchema(name, columns);
      const sink = await open({ conflict: { update: hostile }, conflictColumns: hostile }, S);
      const row = JSON.parse(
        `{${hostile.map((column) => `${JSON.stringify(column)}:${JSON.stringify(`in ${column}`)}`)}}`,
      );
      sink.write(S, [row, row]);
      expect(all(`SELECT * FROM "${name.replaceAll('"', '""')}"`)).toEqual([
        hostile.map((column) => `in ${column}`),
      ]);
    }
    expect(all("SELECT count(*) FROM sqlite_schema WHERE type = 'table'")).toEqual([
      [BigInt(hostile.length)],
    ]);
  });

  it('with NUL or half a surrogate pair are refused', async () => {
    expect(await refusal({}, defineSchema('a\0b', { x: t.bool() }))).toMatch(/"a\\u0000b" cannot name/);
    expect(await refusal({}, defineSchema('s', { 'x\0': t.bool() }))).toMatch(/"x\\u0000" cannot name/);
    expect(await refusal({}, defineSchema('s', { '\ud800': t.bool() }))).toMatch(/"\\ud800" cannot name/);
    expect(all('SELECT name FROM sqlite_schema')).toEqual([]);
  });

  it('that differ in the case of ASCII letters alone are refused, others are not', async () => {
    expect(await refusal({}, defineSchema('s', { Id: t.bool(), id: t.bool() }))).toMatch(
      /"Id" and "id" are one/,
    );
    const S = defineSchema('s', { Ä: t.int8(), ä: t.int8() });
    const sink = await open({}, S);
    sink.write(S, [{ Ä: 1, ä: 2 }]);
    expect(all('SELECT "Ä", "ä" FROM s')).toEqual([[1n, 2n]]);
  });
});

test('what sqlite() was given may change afterwards', () => {
  const options = { file, tables: { a: 'first' }, conflictColumns: ['id'], conflict: { update: ['v'] } };
  const ref = sqlite(options);
  const before = structuredClone(ref);
  options.tables.a = 'second';
  options.conflictColumns.push('more');
  options.conflict.update.push('more');
  expect(ref).toEqual(before);
});

describe('tables', () => {
  it('are made with the folder of the file, for every schema', async () => {
    file = join(folder, 'a/b/c.db');
    const A = defineSchema('a', { x: t.int8() });
    const proto = defineSchema('__proto__', { y: t.int8() });
    const tables = JSON.parse('{"__proto__":"other"}');
    const sink = await open({ tables }, A, proto);
    sink.write(A, [{ x: 1 }]);
    sink.write(proto, [{ y: 2 }]);
    expect(all('SELECT x, y FROM a, other')).toEqual([[1n, 2n]]);
    expect(all('PRAGMA journal_mode')).toEqual([['wal']]);
  });

  it('take the name of the option table, in a flow of one schema', async () => {
    const sink = await open({ table: 'mine' }, Key);
    sink.write(Key, [{ id: 1, v: 'a' }]);
    expect(all('SELECT * FROM mine')).toEqual([[1n, 'a']]);
    const Other = defineSchema('other', { x: t.bool() });
    expect(await refusal({ table: 'mine' }, Key, Other)).toMatch(/2 schemas; use tables/);
    expect(await refusal({ tables: { kk: 'mine' } }, Key)).toMatch(/"kk", which the flow does not have/);
  });

  it('are not made when createTable is false', async () => {
    expect(await refusal({ createTable: false }, Key)).toMatch(/table "k".*no such table/);
    connection().exec('CREATE TABLE k (id INTEGER, v TEXT)');
    (await open({ createTable: false }, Key)).write(Key, [{ id: 1, v: 'a' }]);
    expect(all('SELECT * FROM k')).toEqual([[1n, 'a']]);
  });

  it('of a flow are made together or not at all', async () => {
    const Reserved = defineSchema('sqlite_x', { x: t.bool() });
    expect(await refusal({}, Key, Reserved)).toMatch(/table "sqlite_x".*reserved/);
    expect(all('SELECT name FROM sqlite_schema')).toEqual([]);
  });

  it('need a file that is a database', async () => {
    writeFileSync(file, 'this is a text, and not a database at all\n'.repeat(100));
    expect(await refusal({}, Key)).toMatch(/events\.db: file is not a database/);
  });

  it('that are refused leave no connection open', async () => {
    expect(await refusal({ conflict: 'ignore' }, Key)).toMatch(/no unique key/);
    // SQLite removes the write-ahead log with the last connection.
    expect(existsSync(file)).toBe(true);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it.each([
    ['off', 0],
    ['normal', 1],
    ['full', 2],
    ['extra', 3],
    [undefined, 2],
  ] as const)('are written with synchronous %s', async (synchronous, level) => {
    const ref = sqlite(synchronous === undefined ? { file } : { file, synchronous });
    const { db } = await connect(ref.options as Parameters<typeof connect>[0], performance.now());
    cleanups.push(() => db.close());
    expect(db.pragma('synchronous', { simple: true })).toBe(level);
    // SQLite itself never waits, since it would block the thread.
    expect(db.pragma('busy_timeout', { simple: true })).toBe(0);
  });

  const S = defineSchema('s', {
    n: t.uint16(),
    o: t.label().optional(),
    f: t.float64(),
    b: t.bigint64(),
    x: t.bytes(),
  });
  const fitting: [string, string][] = [
    ['the same columns', 'n INTEGER NOT NULL, o TEXT, f REAL, b INTEGER, x BLOB'],
    ['other names of the types', 'N BIGINT, O VARCHAR(9), F DOUBLE PRECISION, B BIGINT, X VARBINARY(5)'],
    [
      'any order, and further columns',
      'extra TEXT, x BLOB, b INT, more INT NOT NULL DEFAULT 7, f REAL, o TEXT, n INT',
    ],
    [
      'a rowid and a generated column',
      'id INTEGER PRIMARY KEY NOT NULL, n INT, o TEXT, f REAL, b INT, x BLOB, g INT NOT NULL AS (n + 1)',
    ],
    ['numbers in NUMERIC and REAL', 'n REAL, o, f NUMERIC, b NUMERIC, x'],
  ];
  it.each(fitting)('that exist are used: %s', async (_, definition) => {
    connection().exec(`CREATE TABLE s (${definition})`);
    const sink = await open({}, S);
    sink.write(S, [{ n: 65535, o: null, f: 1.5, b: 2n ** 63n - 1n, x: new Uint8Array([0, 255]) }]);
    expect(all('SELECT CAST(n AS INTEGER), o, f, b, x FROM s')).toEqual([
      [65535n, null, 1.5, 2n ** 63n - 1n, Buffer.from([0, 255])],
    ]);
  });

  const misfits: [string, string, RegExp][] = [
    [
      'n INT, o TEXT, f REAL, b INT',
      '',
      /column "x" is missing; bytes needs one of BLOB, NUMERIC; this would help: ALTER TABLE "s" ADD COLUMN "x" BLOB/,
    ],
    [
      'n TEXT, o TEXT, f REAL, b INT, x BLOB',
      '',
      /column "n" is declared TEXT \(affinity TEXT\); uint16 needs .*INTEGER/,
    ],
    ['n, o TEXT, f REAL, b INT, x BLOB', '', /column "n" is declared without a type \(affinity BLOB\)/],
    [
      'n INT, o DECIMAL, f REAL, b INT, x BLOB',
      '',
      /column "o" is declared DECIMAL \(affinity NUMERIC\); label needs one of TEXT/,
    ],
    ['n INT, o TEXT, f INT, b INT, x BLOB', '', /column "f" .*float64 needs one of REAL/],
    ['n INT, o TEXT, f REAL, b REAL, x BLOB', '', /column "b" .*bigint64 needs one of INTEGER/],
    ['n INT, o TEXT, f REAL, b INT, x TEXT', '', /column "x" .*bytes needs one of BLOB/],
    ['n INT, o TEXT NOT NULL, f REAL, b INT, x BLOB', '', /column "o" is NOT NULL; the schema's is optional/],
    ['n INT, o TEXT, f REAL, b INT, x BLOB, y INT NOT NULL', '', /column "y" is NOT NULL without a default/],
    ['n INT, o TEXT, f REAL, b INT AS (n), x BLOB', '', /column "b" is generated/],
    ['n ANY, o TEXT, f REAL, b INT, x BLOB', 'STRICT', /column "n" is declared ANY in a STRICT table/],
    ['n INT, o TEXT, f INT, b INT, x BLOB', 'STRICT', /column "f" is declared INT in a STRICT table/],
    [
      'k INTEGER, n INT, o TEXT, f REAL, b INT, x BLOB, PRIMARY KEY (k)',
      'WITHOUT ROWID',
      /column "k" is NOT NULL without/,
    ],
  ];
  it.each(misfits)('that exist are checked: (%s) %s', async (definition, suffix, message) => {
    connection().exec(`CREATE TABLE s (${definition}) ${suffix}`);
    const text = await refusal({}, S);
    expect(text).toMatch(/table "s" cannot take rows of schema "s"/);
    expect(text).toMatch(message);
    expect(text.match(/column "/g)).toHaveLength(1);
  });

  it('that exist and are STRICT take every type', async () => {
    connection().exec('CREATE TABLE s (n INT NOT NULL, o ANY, f REAL, b ANY, x BLOB) STRICT');
    const sink = await open({}, S);
    sink.write(S, [{ n: 7, o: '12', f: 2, b: 9n, x: new Uint8Array() }]);
    expect(all('SELECT n, o, f, b, x, typeof(n), typeof(b) FROM s')).toEqual([
      [7n, '12', 2, 9n, Buffer.alloc(0), 'integer', 'integer'],
    ]);
  });

  it('tell everything that does not fit at once; a view is no table', async () => {
    const db = connection();
    db.exec('CREATE TABLE s (n TEXT, o TEXT NOT NULL)');
    expect(await refusal({}, S)).toMatch(/"n".*"o".*"f".*"b".*"x"/);
    db.exec('CREATE VIEW k AS SELECT 1 AS id, 2 AS v');
    expect(await refusal({}, Key)).toMatch(/"k" is a view/);
  });
});

describe('conflicts', () => {
  const first = [{ id: 1, v: 'old' }];
  const second = [1, 2, 3].map((id) => ({ id, v: 'new' }));
  const modes: [SqliteOptions['conflict'], [bigint, string][]][] = [
    [
      'ignore',
      [
        [1n, 'old'],
        [2n, 'new'],
        [3n, 'new'],
      ],
    ],
    [
      'replace',
      [
        [1n, 'new'],
        [2n, 'new'],
        [3n, 'new'],
      ],
    ],
    [
      { update: ['v'] },
      [
        [1n, 'new'],
        [2n, 'new'],
        [3n, 'new'],
      ],
    ],
  ];
  it.each(modes)('with %j go as asked', async (conflict, expected) => {
    const sink = await open({ conflict: conflict as 'ignore', conflictColumns: ['id'] }, Key);
    sink.write(Key, first);
    sink.write(Key, second);
    expect(all('SELECT * FROM k ORDER BY id')).toEqual(expected);
  });

  it("with 'error' fail the flush and store nothing of it", async () => {
    const sink = await open({ conflictColumns: ['id'] }, Key);
    sink.write(Key, first);
    expect(() => sink.write(Key, second.toReversed())).toThrow(/UNIQUE constraint failed: k\.id/);
    expect(all('SELECT * FROM k')).toEqual([[1n, 'old']]);
  });

  it('update the named columns alone', async () => {
    const S = defineSchema('s', { id: t.bigint64(), region: t.label(), v: t.string(), seen: t.int32() });
    const sink = await open({ conflict: { update: ['seen'] }, conflictColumns: ['region', 'id'] }, S);
    sink.write(S, [
      { id: 1n, region: 'a', v: 'x', seen: 1 },
      { id: 1n, region: 'b', v: 'x', seen: 1 },
    ]);
    sink.write(S, [{ id: 1n, region: 'a', v: 'y', seen: 2 }]);
    expect(all('SELECT region, v, seen FROM s ORDER BY region')).toEqual([
      ['a', 'x', 2n],
      ['b', 'x', 1n],
    ]);
  });

  it("with 'replace' leave columns alone that the schema lacks", async () => {
    connection().exec("CREATE TABLE k (id INT UNIQUE, v TEXT, kept TEXT DEFAULT 'mine')");
    const sink = await open({ conflict: 'replace', conflictColumns: ['id'] }, Key);
    sink.write(Key, first);
    connection().exec("UPDATE k SET kept = 'yours'");
    sink.write(Key, second);
    expect(all('SELECT v, kept FROM k ORDER BY id')).toEqual([
      ['new', 'yours'],
      ['new', 'mine'],
      ['new', 'mine'],
    ]);
  });

  it("with 'update' take every column but the key's; with absent: 'keep' only those that have a value", async () => {
    const S = defineSchema('s', { id: t.int32(), v: t.string().optional(), n: t.int32().optional() });
    for (const [absent, expected] of [
      ['null', [1n, null, 2n]],
      ['keep', [1n, 'x', 2n]],
    ] as const) {
      connection().exec('DROP TABLE IF EXISTS s');
      const sink = await open({ conflict: 'update', conflictColumns: ['id'], absent }, S);
      sink.write(S, [{ id: 1, v: 'x', n: 1 }]);
      sink.write(S, [{ id: 1, n: 2 }]);
      expect(all('SELECT * FROM s')).toEqual([expected]);
    }
  });

  it('may be of a partial index, which a new table gets', async () => {
    const S = defineSchema('s', { id: t.int32(), gone: t.bool() });
    const options = { conflict: 'ignore', conflictColumns: ['id'], conflictWhere: 'gone = 0' } as const;
    for (const _ of ['made', 'found']) {
      const sink = await open(options, S);
      sink.write(S, [
        { id: 1, gone: true },
        { id: 1, gone: true },
        { id: 1, gone: false },
        { id: 1, gone: false },
      ]);
    }
    expect(all('SELECT gone, count(*) FROM s GROUP BY 1 ORDER BY 1')).toEqual([
      [0n, 1n],
      [1n, 4n],
    ]);
  });

  it('are of one table where tables says so', async () => {
    const Other = defineSchema('other', { id: t.int32(), v: t.string() });
    const tables = {
      k: { table: 'users', conflict: 'update', conflictColumns: ['id'] },
      other: 'log',
    } as const;
    const sink = await open({ tables }, Key, Other);
    for (const v of ['a', 'b']) {
      sink.write(Key, [{ id: 1, v }]);
      sink.write(Other, [{ id: 1, v }]);
    }
    expect(all('SELECT v FROM users')).toEqual([['b']]);
    expect(all('SELECT v FROM log')).toEqual([['a'], ['b']]);
  });

  // 300 rows are several statements; keys repeat inside one statement and across them.
  const repeated = Array.from({ length: 300 }, (_, i) => ({ id: i % 7, v: `row ${i}` }));
  const winners: [SqliteOptions['conflict'], (id: number) => string][] = [
    ['ignore', (id) => `row ${id}`],
    ['replace', (id) => `row ${id + 294 < 300 ? id + 294 : id + 287}`],
    [{ update: ['v'] }, (id) => `row ${id + 294 < 300 ? id + 294 : id + 287}`],
  ];
  it.each(winners)(
    'inside one batch with %j are decided in the order of the rows',
    async (conflict, winner) => {
      const sink = await open({ conflict: conflict as 'ignore', conflictColumns: ['id'] }, Key);
      sink.write(Key, repeated);
      expect(all('SELECT * FROM k ORDER BY id')).toEqual(
        Array.from({ length: 7 }, (_, id) => [BigInt(id), winner(id)]),
      );
    },
  );

  it("with 'ignore' never leave out a row that breaks another constraint", async () => {
    connection().exec('CREATE TABLE s (id INTEGER PRIMARY KEY, f REAL NOT NULL, p REAL CHECK (p > 0))');
    const S = defineSchema('s', { id: t.int32(), f: t.float64(), p: t.float64() });
    const sink = await open({ conflict: 'ignore' }, S);
    expect(() => sink.write(S, [{ id: 1, f: Number.NaN, p: 1 }])).toThrow(/NOT NULL constraint failed: s\.f/);
    expect(() => sink.write(S, [{ id: 1, f: 1, p: -1 }])).toThrow(/CHECK constraint failed/);
    sink.write(S, [
      { id: 1, f: 1, p: 1 },
      { id: 1, f: 2, p: 2 },
    ]);
    expect(all('SELECT * FROM s')).toEqual([[1n, 1, 1]]);
  });

  it("with 'ignore' without conflictColumns hold for every key of the table", async () => {
    connection().exec('CREATE TABLE k (id INTEGER PRIMARY KEY, v TEXT UNIQUE)');
    const sink = await open({ conflict: 'ignore' }, Key);
    sink.write(Key, [
      { id: 1, v: 'a' },
      { id: 1, v: 'b' },
      { id: 2, v: 'a' },
      { id: 3, v: 'c' },
    ]);
    expect(all('SELECT * FROM k')).toEqual([
      [1n, 'a'],
      [3n, 'c'],
    ]);
  });

  it('need a key that the table has', async () => {
    const db = connection();
    const wants = (conflictColumns: string[]) => ({ conflict: 'ignore' as const, conflictColumns });
    for (const conflict of ['replace', 'update'] as const) {
      expect(() => sqlite({ file, conflict })).toThrow(/conflictColumns: .*the columns of the key/);
    }
    expect(await refusal({ conflict: 'ignore' }, Key)).toMatch(
      /no unique key.*'ignore' needs conflictColumns/,
    );
    expect(all('SELECT name FROM sqlite_schema')).toEqual([]);
    db.exec('CREATE TABLE k (id INTEGER, v TEXT)');
    expect(await refusal({ conflict: 'ignore' }, Key)).toMatch(/no unique key/);
    expect(await refusal(wants(['id']), Key)).toMatch(
      /unique index or a primary key on exactly the columns "id"/,
    );
    db.exec('CREATE INDEX plain ON k (id); CREATE UNIQUE INDEX part ON k (id) WHERE v > 0');
    db.exec('CREATE UNIQUE INDEX wide ON k (v, id); CREATE UNIQUE INDEX expr ON k (id + 1)');
    expect(await refusal(wants(['id']), Key)).toMatch(/exactly the columns "id"/);
    expect(await refusal({ conflictColumns: ['v'] }, Key)).toMatch(/exactly the columns "v"/);
    const sink = await open(wants(['id', 'v']), Key);
    sink.write(Key, [
      { id: 1, v: 'a' },
      { id: 1, v: 'a' },
    ]);
    expect(all('SELECT * FROM k')).toEqual([[1n, 'a']]);
  });

  it('take a rowid and a primary key for a key, too', async () => {
    const options = { conflict: { update: ['v'] }, conflictColumns: ['id'] };
    for (const definition of ['id INTEGER PRIMARY KEY, v TEXT', 'id INT, v TEXT, PRIMARY KEY (ID)']) {
      connection().exec(`DROP TABLE IF EXISTS k; CREATE TABLE k (${definition})`);
      const sink = await open(options, Key);
      sink.write(Key, [
        { id: 1, v: 'a' },
        { id: 1, v: 'b' },
      ]);
      expect(all('SELECT * FROM k')).toEqual([[1n, 'b']]);
    }
  });

  it('name columns of the schema', async () => {
    expect(await refusal({ conflictColumns: ['nope'] }, Key)).toMatch(
      /conflictColumns names the column "nope"/,
    );
    const conflict = { update: ['toString'] };
    expect(await refusal({ conflict, conflictColumns: ['id'] }, Key)).toMatch(
      /conflict\.update .*"toString"/,
    );
  });

  it('on a timestamp key keep fractions of a millisecond', async () => {
    const S = defineSchema('s', { at: t.timestamp(), v: t.int8() });
    const sink = await open({ conflict: 'ignore', conflictColumns: ['at'] }, S);
    sink.write(S, [
      { at: 1.25, v: 1 },
      { at: 1.5, v: 2 },
      { at: 1.25, v: 3 },
    ]);
    expect(all('SELECT at, v FROM s ORDER BY at')).toEqual([
      [1.25, 1n],
      [1.5, 2n],
    ]);
  });
});

describe('a batch', () => {
  const rows = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: from + i, v: 'x' }));
  const count = () => Number((all('SELECT count(*) FROM k')[0] as [bigint])[0]);

  it('with one bad row is not stored at all, and the next one is', async () => {
    connection().exec("CREATE TABLE k (id INT, v TEXT CHECK (v <> 'bad'))");
    const sink = await open({}, Key);
    for (const bad of [0, 500, 999]) {
      const batch = rows(0, 1000);
      batch[bad] = { id: bad, v: 'bad' };
      expect(() => sink.write(Key, batch)).toThrow(/CHECK constraint failed/);
      expect(count()).toBe(0);
    }
    sink.write(Key, rows(0, 1000));
    expect(count()).toBe(1000);
  });

  it('that was given up is not stored', async () => {
    const sink = await open({}, Key);
    expect(() => sink.write(Key, rows(0, 1), AbortSignal.abort(new Error('given up')))).toThrow('given up');
    expect(count()).toBe(0);
  });

  it('fails when the file stays locked for longer than busyTimeoutMs, and can be written again', async () => {
    const sink = await open({ busyTimeoutMs: 50 }, Key);
    const other = connection();
    other.exec('BEGIN IMMEDIATE');
    const locks = locksFound();
    // Pauses between attempts take real time; when to give up is a matter of this clock.
    vi.useFakeTimers({ toFake: ['performance'] });
    cleanups.push(() => vi.useRealTimers());
    const failure = expect(sink.write(Key, rows(0, 10))).rejects.toMatchObject({
      code: 'SQLITE_BUSY',
      message: expect.stringMatching(/table "k" in .*events\.db: database is locked .*busyTimeoutMs/),
    });
    vi.advanceTimersByTime(49);
    const before = locks();
    // At least one of them begins after the clock was moved.
    await until(() => locks() > before + 1, 'attempts before the time is up');
    vi.advanceTimersByTime(1);
    await failure;
    vi.useRealTimers();
    expect(await refusal({ busyTimeoutMs: 50 }, Key)).toMatch(/events\.db: database is locked/);
    other.exec('ROLLBACK');
    sink.write(Key, rows(0, 10));
    expect(count()).toBe(10);
  });

  /** Another thread's connection writes a row. @returns commits it. */
  async function locked(): Promise<() => void> {
    const holder = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const db = require(workerData.driver)(workerData.file);
       db.exec("BEGIN IMMEDIATE; INSERT INTO k VALUES (-1, 'holder')");
       parentPort.postMessage('locked');
       parentPort.once('message', () => { db.exec('COMMIT'); db.close(); });`,
      { eval: true, workerData: { file, driver: fileURLToPath(import.meta.resolve('better-sqlite3')) } },
    );
    cleanups.push(() => holder.terminate());
    await new Promise((resolve) => holder.once('message', resolve));
    return () => holder.postMessage('commit');
  }

  it('waits for another connection to end its transaction', async () => {
    const sink = await open({}, Key);
    const commit = await locked();
    const locks = locksFound();
    const write = sink.write(Key, rows(0, 10));
    await until(() => locks() > 3, 'attempts to write');
    commit();
    await write;
    expect(all('SELECT id FROM k ORDER BY rowid')[0]).toEqual([-1n]);
    expect(count()).toBe(11);
  });

  it('is stored before write returns when nobody has the file locked: there is no promise', async () => {
    const sink = await open({}, Key);
    for (const length of [0, 1, 1000]) expect(sink.write(Key, rows(0, length))).toBeUndefined();
    expect(count()).toBe(1001);
  });

  it('fails at once on a locked file when busyTimeoutMs is 0', async () => {
    const sink = await open({ busyTimeoutMs: 0 }, Key);
    connection().exec('BEGIN IMMEDIATE');
    expect(() => sink.write(Key, rows(0, 1))).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
  });

  it('waits for that also when it opens a file that was not in WAL mode', async () => {
    const db = new Database(file);
    db.exec('CREATE TABLE k (id INTEGER, v TEXT)');
    db.close();
    const commit = await locked();
    const locks = locksFound();
    const opening = open({}, Key);
    await until(() => locks() > 3, 'attempts to open it');
    commit();
    const sink = await opening;
    sink.write(Key, rows(0, 10));
    expect(count()).toBe(11);
    expect(all('PRAGMA journal_mode')).toEqual([['wal']]);
  });

  it('of each of four flushers that open one new file at the same time arrives', async () => {
    const ref = sqlite({ file });
    const start = new SharedArrayBuffer(4);
    const flushers = [0, 1, 2, 3].map((flusher) => {
      const workerData = {
        ref,
        flusher,
        start,
        schema: Key,
        batchOf: import.meta.resolve('../../../dist/src/schema/batch-of.js'),
      };
      const worker = new Worker(
        `const { ref, flusher, start, schema, batchOf: path } = require('node:worker_threads').workerData;
         (async () => {
           const { batchOf } = await import(path);
           const sink = (await import(ref.module)).default.create(ref.options);
           Atomics.add(new Int32Array(start), 0, 1);
           while (Atomics.load(new Int32Array(start), 0) < 4);
           await sink.open({ flusher, options: ref.options, schemas: [schema] });
           const signal = new AbortController().signal;
           for (let n = 0; n < 25; n++) {
             const from = flusher * 2500 + n * 100;
             const rows = Array.from({ length: 100 }, (_, i) => ({ id: from + i, v: 'x' }));
             await sink.write(batchOf(schema, rows), { flusher, schema, signal, attempt: 1 });
           }
           await sink.close();
         })().catch((error) => { throw error; });`,
        { eval: true, workerData },
      );
      return new Promise<number>((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    });
    expect(await Promise.all(flushers)).toEqual([0, 0, 0, 0]);
    expect(all('SELECT count(*), count(DISTINCT id), max(id) FROM k')).toEqual([[10000n, 10000n, 9999n]]);
  });
});

test('rows with half of a surrogate pair are given up alone where badText says so', async () => {
  const S = defineSchema('s', { id: t.int32(), v: t.string(), l: t.label() });
  const rows = [
    { id: 1, v: 'a', l: 'a' },
    { id: 2, v: 'half \ud83d', l: 'a' },
    { id: 3, v: 'whole \u{1f600} \0', l: 'a' },
    { id: 4, v: 'a', l: '\udc00' },
  ];
  const refusing = await open({ badText: 'refuse' }, S);
  expect(refusing.write(S, rows)).toMatchObject({
    failed: [
      { index: 1, error: { code: 'ERR_BAD_TEXT', message: expect.stringContaining('"v"') } },
      { index: 3, error: { code: 'ERR_BAD_TEXT', message: expect.stringContaining('"l"') } },
    ],
  });
  expect(all('SELECT id, v FROM s')).toEqual([
    [1n, 'a'],
    [3n, 'whole \u{1f600} \0'],
  ]);
  const replacing = await open({}, S);
  replacing.write(S, rows.slice(1, 2));
  expect(all('SELECT v FROM s WHERE id = 2')).toEqual([['half \ufffd']]);
});
