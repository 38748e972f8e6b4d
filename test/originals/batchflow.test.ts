/**
 * Scenarios of BatchFlow's own tests that no other test here shows, in our words; a page of the docs lists them all.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, EventError, type FlowSettings, t } from '../../dist/src/index.js';
import { classifyMysqlError } from '../../dist/src/sinks/mysql/index.js';
import { classifyPostgresError } from '../../dist/src/sinks/postgres/index.js';
import { type SqliteOptions, sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { knownError } from '../../dist/src/target-errors/known-error.js';
import { memorySink } from '../../dist/src/testing/index.js';

const User = defineSchema('users', {
  id: t.int32(),
  name: t.string().optional(),
  email: t.string().optional(),
});

async function start(settings: FlowSettings = {}) {
  const memory = memorySink();
  const retry = { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 2 };
  const flow = await createBatchFlow({
    schema: User,
    sink: memory.sink,
    flushIntervalMs: 5,
    retry,
    ...settings,
  });
  const reasons: unknown[] = [];
  flow.on('flushError', ({ reason }) => reasons.push(reason));
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return { flow, memory, reasons };
}

describe('rows of one key in one batch', () => {
  const events = [
    { id: 1, name: 'first', email: 'first@example.com' },
    { id: 1, name: 'second' },
    { id: 2, name: 'other', email: 'other@example.com' },
  ];
  const [, , other] = events;

  test.each<[string, Partial<SqliteOptions>, object]>([
    ['ignore keeps the first', { conflict: 'ignore' }, events[0] as object],
    ['replace keeps the last', { conflict: 'replace' }, { id: 1, name: 'second', email: null }],
    [
      'update merges what later rows have',
      { conflict: 'update', absent: 'keep' },
      { id: 1, name: 'second', email: 'first@example.com' },
    ],
    [
      'an update of named columns leaves the others alone',
      { conflict: { update: ['name'] } },
      { id: 1, name: 'second', email: 'first@example.com' },
    ],
  ])('%s, in the database', async (_, options, kept) => {
    const folder = mkdtempSync(join(tmpdir(), 'originals-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'users.db');
    const sink = sqlite({ file, conflictColumns: ['id'], ...options });
    await using flow = await createBatchFlow({ schema: User, sink, flushIntervalMs: 60_000 });
    flow.pushMany(events);
    expect(await flow.close()).toMatchObject({ deadLettered: 0, failed: 0 });
    const db = new Database(file, { readonly: true });
    onTestFinished(() => void db.close());
    expect(db.prepare('SELECT id, name, email FROM users ORDER BY id').all()).toEqual([kept, other]);
  });

  test.each([
    ['first', events[0]],
    ['last', { id: 1, name: 'second', email: null }],
    ['merge', { id: 1, name: 'second', email: 'first@example.com' }],
  ] as const)('a deduplication with keep %s, before any sink sees the rows', async (keep, kept) => {
    const memory = memorySink();
    const dedupe = { by: 'id', keep } as const;
    await using flow = await createBatchFlow({
      schema: User,
      sink: memory.sink,
      dedupe,
      flushIntervalMs: 60_000,
    });
    flow.pushMany(events);
    await flow.close();
    expect(memory.rows(User)).toEqual([kept, other]);
    expect(flow.stats()).toMatchObject({ accepted: 3, committed: 2, dropped: { duplicate: 1 } });
  });
});

describe('a retry', () => {
  test('succeeds before the last attempt, after two errors that may pass', async () => {
    const { flow, memory } = await start();
    memory.failNext({ code: 'ETIMEDOUT' });
    memory.failNext({ code: '40P01' });
    await flow.write({ id: 1 });
    expect(memory.attempts).toBe(3);
    expect(flow.stats()).toMatchObject({ committed: 1, retries: 2 });
  });

  test('ends with maxAttempts, the first included, and nothing is in flight then', async () => {
    const { flow, memory, reasons } = await start({ retry: { maxAttempts: 2, backoffMs: 1 } });
    memory.failNext('retry', Number.POSITIVE_INFINITY);
    await expect(flow.write({ id: 1 })).rejects.toMatchObject({ code: 'ERR_FLUSH', rows: 1 });
    expect(memory.attempts).toBe(2);
    await memory.until(() => reasons.length > 0);
    expect(reasons).toEqual(['retries']);
    expect(flow.stats()).toMatchObject({ committed: 0, dropped: { failed: 1 } });
    await memory.until(() => flow.metrics().total.inFlightBatches === 0);
  });

  test('is not made of what will never pass', async () => {
    const { flow, memory, reasons } = await start();
    memory.failNext('fatal', Number.POSITIVE_INFINITY);
    await expect(flow.write({ id: 1 })).rejects.toMatchObject({ code: 'ERR_FLUSH', rows: 1 });
    expect(memory.attempts).toBe(1);
    await memory.until(() => reasons.length > 0);
    expect(reasons).toEqual(['fatal']);
    expect(flow.stats().retries).toBe(0);
  });

  test('lets a target that comes back have the rows that waited, and later ones', async () => {
    const { flow, memory } = await start({ retry: { maxAttempts: 1000, backoffMs: 1, maxBackoffMs: 2 } });
    memory.failNext({ code: 'ECONNREFUSED' }, Number.POSITIVE_INFINITY);
    const waits = flow.write({ id: 1 });
    await memory.until(({ attempts }) => attempts > 2);
    memory.recover();
    await waits;
    await flow.write({ id: 2 });
    expect(memory.rows(User).map(({ id }) => id)).toEqual([1, 2]);
  });
});

describe('the meaning of an error', () => {
  test.each([
    ['duplicate_key', 'fatal', 1062, '23505'],
    ['deadlock', 'retry', 1213, '40P01'],
    ['lock_timeout', 'retry', 1205, '55P03'],
    ['timeout', 'retry', 3024, '57014'],
    ['overload', 'retry', 1040, '53300'],
    ['connection', 'retry', 2006, '08006'],
    ['connection', 'retry', 2013, '57P03'],
  ] as const)('%s is known by the numbers of both servers, and means %s', (reason, verdict, errno, code) => {
    const mysqlError = Object.assign(new Error('x'), { errno, code: 'ER_X' });
    const postgresError = Object.assign(new Error('x'), { code });
    expect([classifyMysqlError(mysqlError), classifyPostgresError(postgresError)]).toEqual([
      verdict,
      verdict,
    ]);
    expect([knownError(mysqlError)?.reason, knownError(postgresError)?.reason]).toEqual([reason, reason]);
  });

  test('is never read out of its text', () => {
    for (const text of [
      'deadlock detected',
      'connection refused',
      'Duplicate entry',
      'syntax error',
      'timeout',
    ])
      expect(knownError(new Error(text))).toBeUndefined();
  });

  test('is what classify says, before all others', async () => {
    const { flow, memory, reasons } = await start({
      retry: { maxAttempts: 3, backoffMs: 1, classify: ({ code }) => (code === 'ODD' ? 'retry' : 'fatal') },
    });
    memory.failNext({ code: 'ODD' }, 2);
    await flow.write({ id: 1 });
    expect(memory.attempts).toBe(3);
    memory.failNext({ code: '40P01' });
    await expect(flow.write({ id: 2 })).rejects.toMatchObject({ code: 'ERR_FLUSH' });
    await memory.until(() => reasons.length > 0);
    expect(reasons).toEqual(['fatal']);
  });
});

describe('a boundary', () => {
  const Values = defineSchema('values', {
    text: t.string().optional(),
    big: t.bigint64(),
    real: t.float64(),
    at: t.timestamp(),
  });
  const usual = { text: '', big: 0n, real: 0, at: new Date(0) };

  test.each<[string, Partial<typeof usual> | { text: null }]>([
    ['an empty text', { text: '' }],
    ['no value', { text: null }],
    ['a text of 1 MB', { text: 'x'.repeat(2 ** 20) }],
    ['the largest integer', { big: 2n ** 63n - 1n }],
    ['the smallest integer', { big: -(2n ** 63n) }],
    ['the largest number', { real: Number.MAX_VALUE }],
    ['the smallest number', { real: -Number.MAX_VALUE }],
    ['no number', { real: Number.NaN }],
    ['infinity', { real: Number.NEGATIVE_INFINITY }],
    ['texts of many scripts', { text: 'Hello, 世界 Ñoël Здравствуй мир مرحبا بالعالم こんにちは 🏳️‍🌈🏳️‍⚧️🚀' }],
    [
      'characters that mean something elsewhere',
      { text: `O'Reilly "; DROP TABLE users; -- \\ \0 \r\n\t %_` },
    ],
    ['the year 1', { at: new Date('0001-01-01T00:00:00Z') }],
  ])('%s arrives as it was', async (_, values) => {
    const memory = memorySink();
    await using flow = await createBatchFlow({ schema: Values, sink: memory.sink, flushSize: 2 });
    const event = { ...usual, ...values };
    await flow.write(event);
    expect(memory.rows(Values)).toEqual([{ ...event, at: event.at.getTime() }]);
  });

  test.each([1, 100])('of %i columns: each value is in its own', async (columns) => {
    const names = Array.from({ length: columns }, (_, i) => `column${i}`);
    const Wide = defineSchema('wide', Object.fromEntries(names.map((name) => [name, t.int32()])));
    const memory = memorySink();
    await using flow = await createBatchFlow({ schema: Wide, sink: memory.sink });
    const event = Object.fromEntries(names.map((name, i) => [name, i]));
    await flow.write(event);
    expect(memory.rows(Wide)).toEqual([event]);
  });

  test('the smallest batches, ring and interval deliver every row in order', async () => {
    const { flow, memory } = await start({
      flushSize: 1,
      bufferSize: 2,
      flushIntervalMs: 1,
      flushMode: 'sync',
    });
    for (let id = 0; id < 100; id++) while (!flow.push({ id })) await flow.writable();
    await flow.close();
    expect(memory.rows(User).map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, id) => id));
    expect(memory.batches().every(({ batch }) => batch.length === 1)).toBe(true);
  });
});

test('events that are none are refused when they are pushed, and those around them arrive', async () => {
  const { flow, memory } = await start();
  flow.push({ id: 1 });
  for (const nothing of [null, undefined, {}, { name: 'no id' }] as never[])
    expect(() => flow.push(nothing)).toThrow(EventError);
  flow.push({ id: 2 });
  await flow.close();
  expect(memory.rows(User).map(({ id }) => id)).toEqual([1, 2]);
});

test('many callers at one time, of several schemas: each row is in a batch of its own kind', async () => {
  const kinds = ['users', 'orders', 'logs'].map((name) => defineSchema(name, { id: t.int32() }));
  const memory = memorySink();
  await using flow = await createBatchFlow({
    schemas: kinds,
    sink: memory.sink,
    flushers: 2,
    bufferSize: 256,
    flushSize: 16,
  });
  await Promise.all(
    kinds.map(async (schema) => {
      const producer = flow.producer(schema);
      await Promise.all(
        Array.from({ length: 10 }, async (_, caller) => {
          for (let i = 0; i < 20; i++) await producer.send({ id: caller * 20 + i });
        }),
      );
    }),
  );
  await flow.close();
  for (const schema of kinds) {
    const ids = memory.rows(schema).map(({ id }) => id);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, id) => id));
  }
});
