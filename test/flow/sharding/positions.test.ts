/**
 * Positions and commits over all shards: failures are told by their places among the rows that were pushed, whichever
 * shards they were in.
 */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Batch,
  createBatchFlow,
  defineSchema,
  type Flow,
  FlushError,
  identityOf,
  type ProducerPosition,
  type Sharding,
  t,
  withIdentity,
} from '../../../dist/src/index.js';

const Event = defineSchema('events', { key: t.int32(), bad: t.bool() });
type EventIn = { key: number; bad: boolean };

const refused = Object.assign(new Error('a bad row'), { verdict: 'fatal' });

async function refusingFlow(sharding: Sharding<EventIn>, settings: object = {}) {
  const flow = await createBatchFlow({
    schema: Event,
    onBatch: (batch: Batch<typeof Event>) => ({
      failed: batch.rows().flatMap(({ bad }, index) => (bad ? [{ index, error: refused }] : [])),
    }),
    sharding,
    flushSize: 8,
    flushIntervalMs: 20,
    ...settings,
  });
  flow.on('flushError', () => {});
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return flow as unknown as Flow<typeof Event>;
}

/** @returns the places of the rows that were given up; undefined when all were committed. */
async function failedOf(committed: Promise<void>): Promise<{ rows: number; places: number[] } | undefined> {
  try {
    await committed;
    return undefined;
  } catch (error) {
    if (!(error instanceof FlushError)) throw error;
    const places = error.failed.flatMap(({ first, count }) =>
      Array.from({ length: count }, (_, k) => first + k),
    );
    return { rows: error.rows, places };
  }
}

const ways: Sharding<EventIn>[] = [
  { shards: 3, key: 'key' },
  { shards: 3, by: 'round-robin' },
  { shards: 2, by: 'least-loaded' },
  { shards: 3, by: ({ key }) => Math.abs(key) % 3 },
];

describe('committed()', () => {
  it.each(ways)('names rows of all shards by their places: %o', async (sharding) => {
    const flow = await refusingFlow(sharding);
    const producer = flow.producer();
    const bad = (i: number) => i % 7 === 3 || (i > 20 && i < 30);
    const push = (count: number) => {
      for (let i = 0; i < count; i++) producer.push({ key: i, bad: bad(i) });
      return Array.from({ length: count }, (_, i) => i).filter(bad);
    };
    const first = push(100);
    expect(await failedOf(producer.committed())).toEqual({ rows: first.length, places: first });
    expect(await failedOf(producer.committed())).toBeUndefined();
    push(10);
    const since = producer.position();
    const second = push(60);
    expect(await failedOf(producer.committed({ since }))).toEqual({ rows: second.length, places: second });
    // It is asked of the same rows again, and without `since` of those before, too.
    expect(await failedOf(producer.committed({ since }))).toEqual({ rows: second.length, places: second });
    const later = [3, ...second.map((place) => place + 10)];
    expect(await failedOf(producer.committed())).toEqual({ rows: later.length, places: later });
    expect(await failedOf(producer.committed())).toBeUndefined();
  });

  it('counts rows that were dropped, which have no place', async () => {
    const flow = await refusingFlow(
      { shards: 2, by: ({ key }) => key },
      { onFull: 'drop-newest', bufferSize: 32, flushIntervalMs: 60_000 },
    );
    let accepted = 0;
    for (let i = 0; i < 30; i++) if (flow.push({ key: i < 20 ? 0 : 1, bad: i === 25 })) accepted++;
    expect(accepted).toBe(30);
    // The first shard has room for 16 rows.
    expect(flow.position()).toMatchObject({ sequence: 26, dropped: 4 });
    expect(await failedOf(flow.committed())).toEqual({ rows: 5, places: [21] });
  });

  it('refuses a position of a producer without these shards', async () => {
    const flow = await refusingFlow({ shards: 2, key: 'key' });
    const other = await refusingFlow({ shards: 3, key: 'key' });
    const config = { code: 'ERR_CONFIG', key: 'since' };
    await expect(flow.committed({ since: other.position() })).rejects.toMatchObject(config);
    const { shards: _, ...whole } = flow.position();
    await expect(flow.committed({ since: whole })).rejects.toMatchObject(config);
  });

  it('gives the answer that a call missed to the next one', async () => {
    const flow = await refusingFlow(
      { shards: 2, by: 'round-robin' },
      { flushIntervalMs: 60_000, maxPendingWrites: 1 },
    );
    flow.push({ key: 0, bad: true });
    flow.push({ key: 1, bad: false });
    await expect(flow.committed({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
    expect(await failedOf(flow.committed())).toEqual({ rows: 1, places: [0] });
  });
});

it('write() rejects for its own row only, and leaves places of others as they are', async () => {
  const flow = await refusingFlow({ shards: 3, key: 'key' }, { bufferSize: 48 });
  const since = flow.position();
  const writes = Array.from({ length: 200 }, (_, i) => flow.write({ key: i, bad: i % 10 === 0 }));
  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.map(({ status }) => status)).toEqual(
    Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 'rejected' : 'fulfilled')),
  );
  expect(flow.position().sequence - since.sequence).toBe(200);
  flow.push({ key: 5, bad: true });
  const failed = await failedOf(flow.committed({ since }));
  expect(failed).toMatchObject({ rows: 21 });
  expect(failed?.places.at(-1)).toBe(200);
});

it('what an event pushes while it is read comes before it, in whichever shard', async () => {
  const flow = await refusingFlow({ shards: 2, by: ({ key }) => key % 2 });
  const pushing = (key: number, bad: boolean, inner: EventIn) => ({
    key,
    get bad() {
      // Only the writer reads this column.
      flow.push(inner);
      return bad;
    },
  });
  flow.push({ key: 0, bad: false });
  flow.push(pushing(0, true, { key: 1, bad: false }));
  flow.push(pushing(1, false, { key: 0, bad: true }));
  flow.push(pushing(1, true, { key: 3, bad: true }));
  expect(await failedOf(flow.committed())).toEqual({ rows: 4, places: [2, 3, 5, 6] });
});

it('what is pushed while columns are read comes before their rows', async () => {
  const flow = await refusingFlow({ shards: 3, by: 'round-robin' });
  const producer = flow.producer();
  let isRead = false;
  const key = new Proxy([1, 2, 3], {
    get(values, name) {
      if (name === '1' && !isRead) {
        isRead = true;
        producer.push({ key: 0, bad: false });
      }
      return Reflect.get(values, name);
    },
  });
  expect(producer.pushColumns({ key, bad: [false, false, true] }, 3)).toBe(3);
  for (const bad of [true, false, false]) producer.push({ key: 4, bad });
  expect(await failedOf(producer.committed())).toEqual({ rows: 2, places: [3, 4] });
});

it('duplicatesAtTarget() names rows of all shards by their places', async () => {
  const flow = await createBatchFlow({
    schema: Event,
    identity: 'given',
    sharding: { shards: 3, key: 'key' },
    onBatch: (batch: Batch<typeof Event>) => ({
      skipped: batch.rows().flatMap(({ bad }, index) => (bad ? [index] : [])),
    }),
  });
  onTestFinished(async () => void (await flow.destroy()));
  const there = (i: number) => i % 5 < 2;
  flow.push(withIdentity({ key: 0, bad: true }, identityOf('before')));
  const since: ProducerPosition = flow.position();
  for (let i = 0; i < 50; i++) flow.push(withIdentity({ key: i, bad: there(i) }, identityOf(i)));
  await flow.committed();
  const ranges = Array.from({ length: 10 }, (_, n) => ({ first: 5 * n, count: 2 }));
  expect(flow.duplicatesAtTarget(since)).toEqual(ranges);
  expect(flow.stats().duplicatesAtTarget).toBe(21);
});

/** What the model of a producer knows: the rows that were accepted, in order. */
type Step =
  | { push: EventIn }
  | { many: EventIn[] }
  | { columns: EventIn[] }
  | { send: EventIn }
  | { turn: null };
const event = fc.record({ key: fc.integer({ min: -5, max: 40 }), bad: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof(
  event.map((push) => ({ push })),
  fc.array(event, { maxLength: 20 }).map((many) => ({ many })),
  fc.array(event, { maxLength: 20 }).map((columns) => ({ columns })),
  event.map((send) => ({ send })),
  fc.constant({ turn: null }),
);

it('whatever is pushed in which way, each failure has its place, and all adds up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(...ways), async (steps, sharding) => {
      const flow = await refusingFlow(sharding, { bufferSize: 48 });
      const producer = flow.producer();
      const since = producer.position();
      const rows: EventIn[] = [];
      const refusedRows = { count: 0 };
      for (const each of steps) {
        if ('push' in each) {
          if (producer.push(each.push)) rows.push(each.push);
          else refusedRows.count++;
        } else if ('many' in each) {
          const count = producer.pushMany(each.many);
          rows.push(...each.many.slice(0, count));
          if (count < each.many.length) refusedRows.count++;
        } else if ('columns' in each) {
          const { columns } = each;
          const given = { key: columns.map(({ key }) => key), bad: columns.map(({ bad }) => bad) };
          const count = producer.pushColumns(given, columns.length);
          rows.push(...columns.slice(0, count));
          if (count < columns.length) refusedRows.count++;
        } else if ('send' in each) {
          await producer.send(each.send);
          rows.push(each.send);
        } else await new Promise(setImmediate);
        expect(producer.position().sequence).toBe(rows.length);
      }
      const places = rows.flatMap(({ bad }, place) => (bad ? [place] : []));
      const failed = await failedOf(producer.committed({ since }));
      expect(failed).toEqual(places.length === 0 ? undefined : { rows: places.length, places });
      await flow.close();
      expect(flow.stats()).toMatchObject({
        accepted: rows.length,
        rejected: refusedRows.count,
        committed: rows.length - places.length,
        pending: 0,
      });
    }),
    { numRuns: Number(process.env.SHARDING_RUNS ?? 15) },
  );
}, 60_000);
