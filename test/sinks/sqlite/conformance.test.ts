/**
 * The SQLite sink under the suite for makers of sinks.
 */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import Database from 'better-sqlite3';
import { afterAll, describe } from 'vitest';
import type { ColumnType, Schema } from '../../../dist/src/index.js';
import { type SqliteOptions, sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import type { ConformanceOptions } from '../../../dist/src/testing/index.js';
import { runConformance } from '../../fixtures/run-conformance.js';

const folder = mkdtempSync(join(tmpdir(), 'batchflow-conformance-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** From what SQLite holds to what a batch gives. */
const read: { [T in ColumnType]?: (value: never) => unknown } = {
  bool: (value) => value === 1n,
  bigint64: (value) => value,
  bytes: (value: Buffer) => new Uint8Array(value),
  any: (value: Buffer) => deserialize(value),
  json: JSON.parse,
};
const number = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

const losses = {
  float32: (value: number) => (Number.isNaN(value) ? null : value + 0),
  float64: (value: number) => (Number.isNaN(value) ? null : value + 0),
  string: (value: string) => value.toWellFormed(),
  label: (value: string) => value.toWellFormed(),
};

function options(name: string, given: Omit<SqliteOptions, 'file'>): ConformanceOptions {
  const file = join(folder, `${name}.db`);
  const withDb = <T>(use: (db: Database.Database) => T): T => {
    const db = new Database(file);
    try {
      return use(db.defaultSafeIntegers(true));
    } finally {
      db.close();
    }
  };
  return {
    sink: sqlite({ file, ...given }),
    readBack: (schema: Schema) =>
      withDb((db) =>
        (db.prepare(`SELECT * FROM "${schema.name}" ORDER BY rowid`).all() as Record<string, unknown>[]).map(
          (row) =>
            Object.fromEntries(
              Object.entries(schema.columns).map(([column, { type }]) => {
                const value = row[column];
                return [column, value === null ? null : (read[type] ?? number)(value as never)];
              }),
            ),
        ),
      ),
    losses,
    ordered: true,
    breakTarget: () => {
      const parts = ['', '-wal', '-shm'].map((end) => file + end);
      const there = parts.filter((part) => withoutError(() => renameSync(part, `${part}.away`)));
      return () => there.forEach((part) => void renameSync(`${part}.away`, part));
    },
    badRow: (schema, row) => {
      withDb((db) =>
        db.exec(`CREATE TABLE "${schema.name}" (n INTEGER, text TEXT CHECK (text <> 'bad'), tag TEXT
        ${given.identityColumn ? `, ${given.identityColumn} BLOB UNIQUE` : ''})`),
      );
      return { ...row, text: 'bad' };
    },
  };
}

function withoutError(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}

describe('the SQLite sink', () => {
  runConformance(options('plain', {}));
});

describe('the SQLite sink with identities', () => {
  runConformance({ ...options('identities', { identityColumn: 'event_id' }), idempotent: 'identity' });
});
