/**
 * Previews of statements, and the dry run: nothing is sent, and no server is needed.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBatchFlow, defineSchema, handler, t } from '../../../dist/src/index.js';
import { mysql } from '../../../dist/src/sinks/mysql/index.js';
import { postgres } from '../../../dist/src/sinks/postgres/index.js';
import { fingerprintOf } from '../../../dist/src/sinks/sql/fingerprint.js';
import { previewSql, sqlite } from '../../../dist/src/sinks/sqlite/index.js';

const User = defineSchema('users', { id: t.uint32(), name: t.string().optional(), seen: t.timestamp() });
const rows = [
  { id: 1, name: 'secret', seen: 0 },
  { id: 2, name: 'other', seen: 1 },
  { id: 1, seen: 2 },
];
const nowhere = { host: '127.0.0.1', port: 1 };
const key = { conflictColumns: ['id'] };
const update = { ...key, conflict: 'update', absent: 'keep' } as const;
const file = join(tmpdir(), 'batchflow-preview-makes-no-file.db');

describe('a preview', () => {
  test.each([
    ['sqlite', sqlite({ file }), 'INSERT INTO "users" ("id", "name", "seen") VALUES (?,?,?),(?,?,?),(?,?,?)'],
    [
      'sqlite, update',
      sqlite({ file, ...update }),
      'INSERT INTO "users" AS there ("id", "name", "seen") VALUES (?,?,?),(?,?,?),(?,?,?) ON CONFLICT ("id") ' +
        'DO UPDATE SET "name" = COALESCE(excluded."name", there."name"), "seen" = excluded."seen"',
    ],
    [
      'mysql, ignore',
      mysql({ connection: nowhere, ...key, conflict: 'ignore' }),
      'INSERT INTO `users` (`id`, `name`, `seen`) VALUES (?, ?, ?), (?, ?, ?), (?, ?, ?) ' +
        'ON DUPLICATE KEY UPDATE `id` = `id`',
    ],
    [
      'postgres',
      postgres({ connection: nowhere, table: 'app.people' }),
      'COPY "app"."people" ("id", "name", "seen") FROM STDIN (FORMAT binary)',
    ],
    [
      'postgres, replace',
      postgres({ connection: nowhere, ...key, conflict: 'replace' }),
      'INSERT INTO "users" AS there ("id", "name", "seen") SELECT c0, c1, c2 FROM unnest(' +
        '$1::pg_catalog.int8[], $2::pg_catalog.text[], $3::pg_catalog.timestamptz[]) AS new_rows (c0, c1, c2) ' +
        'ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name", "seen" = excluded."seen"',
    ],
  ])('says what %s would send', async (_, sink, sql) => {
    expect((await previewSql(sink, User, rows)).sql).toBe(sql);
    expect(existsSync(file)).toBe(false);
  });

  test('says which settings hold, and how many rows are left of those with a key', async () => {
    const preview = await previewSql(postgres({ connection: nowhere, ...update }), User, rows);
    expect(preview).toMatchObject({
      table: 'users',
      args: Array(6).fill('[redacted]'),
      argsCount: 6,
      columns: ['id', 'name', 'seen'],
      conflictStrategy: 'update',
      conflictColumns: ['id'],
      updateColumns: ['name', 'seen'],
      dedupStats: { input: 3, output: 2, deduplicated: 0, merged: 1 },
    });
    expect(JSON.stringify(preview)).not.toContain('secret');
    const replaced = await previewSql(
      postgres({ connection: nowhere, ...key, conflict: 'replace' }),
      User,
      rows,
    );
    expect(replaced.dedupStats).toEqual({ input: 3, output: 2, deduplicated: 1, merged: 0 });
  });

  test('shows values where they are asked for, each row with its identity', async () => {
    const sink = sqlite({ file, identityColumn: 'event_id' });
    const { args, columns } = await previewSql(sink, User, rows.slice(0, 1), { values: true });
    expect(columns).toEqual(['id', 'name', 'seen', 'event_id']);
    expect(args).toEqual([1, 'secret', 0, expect.any(Uint8Array)]);
  });

  test('has a fingerprint that does not depend on the number of rows', async () => {
    const of = async (sink: ReturnType<typeof sqlite>, count: number) =>
      (await previewSql(sink, User, rows.slice(0, count))).fingerprint;
    const plain = await of(sqlite({ file }), 1);
    expect(plain).toMatch(/^[0-9a-f]{16}$/);
    expect(await of(sqlite({ file }), 3)).toBe(plain);
    expect(await of(sqlite({ file, ...update }), 1)).not.toBe(plain);
    // FNV-1a's own test vectors.
    expect(fingerprintOf('a')).toBe('af63dc4c8601ec8c');
    expect(fingerprintOf(' foobar ')).toBe('85944171f73967e8');
    expect(fingerprintOf('SELECT\n  1')).toBe(fingerprintOf('SELECT 1'));
  });

  test('looks at one schema of a flow that has several', async () => {
    const tables = { users: { table: 'people', ...key, conflict: 'ignore' }, visits: 'clicks' } as const;
    const preview = await previewSql(sqlite({ file, tables }), User, rows);
    expect(preview).toMatchObject({ table: 'people', conflictStrategy: 'ignore' });
  });

  test('needs the sink of a database, options that go with the schema, and rows that do', async () => {
    const other = handler(new URL('../../fixtures/sinks/counted-sink.mjs', import.meta.url));
    await expect(previewSql(other, User, rows)).rejects.toThrow(
      /sink: .*sqlite\(\), postgres\(\) or mysql\(\)/,
    );
    const wrong = sqlite({ file, conflict: 'ignore', conflictColumns: ['nope'] });
    await expect(previewSql(wrong, User, rows)).rejects.toThrow(/names the column "nope"/);
    await expect(previewSql(sqlite({ file }), User, [{ id: 'x' } as never])).rejects.toMatchObject({
      code: 'ERR_EVENT_INVALID',
    });
    await expect(previewSql(sqlite({ file }), User, rows, { valus: true } as never)).rejects.toMatchObject({
      key: 'valus',
    });
  });
});

describe('a dry run', () => {
  test.each([
    ['sqlite', sqlite({ file, dryRun: true })],
    ['postgres', postgres({ connection: nowhere, dryRun: true, requireServer: true })],
    ['mysql', mysql({ connection: nowhere, dryRun: true, requireServer: true })],
  ])('of %s commits all rows and sends none', async (_, sink) => {
    await using flow = await createBatchFlow({ schema: User, sink, deadLetters: false });
    flow.pushMany(rows);
    await flow.committed();
    expect(flow.stats()).toMatchObject({ committed: 3, deadLettered: 0, dropped: {} });
    expect(existsSync(file)).toBe(false);
  });

  test('checks the options', async () => {
    const sink = sqlite({ file, dryRun: true, conflict: 'ignore', conflictColumns: ['nope'] });
    await expect(createBatchFlow({ schema: User, sink, deadLetters: false })).rejects.toThrow(/"nope"/);
  });
});
