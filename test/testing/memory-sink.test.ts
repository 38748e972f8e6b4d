/**
 * The memory sink: what flushers on threads store is there for the test's thread, and failures come as asked.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../dist/src/index.js';
import { type MemorySink, memorySink } from '../../dist/src/testing/index.js';

const Event = defineSchema('events', {
  n: t.int32(),
  text: t.string(),
  tag: t.label().optional(),
  blob: t.bytes(),
  value: t.any(),
  big: t.bigint64(),
});
type Events = typeof Event;
const event = (n: number) => ({
  n,
  text: `row ${n} \ud83d`,
  tag: n % 2 === 0 ? null : `tag ${n}`,
  blob: new Uint8Array([n, 1, 2]),
  value: new Map([[n, { deep: [n] }]]),
  big: BigInt(n) - 2n ** 62n,
});
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));

async function flowInto(memory: MemorySink, settings: object = {}) {
  const config = { schema: Event, sink: memory.sink, flushSize: 8, flushMode: 'sync', ...settings } as const;
  const flow = await createBatchFlow<Events>(config);
  onTestFinished(async () => void (await flow.destroy()));
  return flow;
}

const quick = { maxAttempts: 5, backoffMs: 1 };

describe('a memory sink', () => {
  it('has every row as soon as it is committed, with its columns and identities', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory);
    flow.pushMany(events(20));
    await flow.committed();
    expect(memory.rows(Event)).toEqual(events(20));
    const batches = memory.batches(Event);
    expect(batches.map(({ batch }) => batch.length).reduce((a, b) => a + b)).toBe(20);
    expect(batches.every(({ flusher, attempt }) => flusher === 1 && attempt === 1)).toBe(true);
    const identities = batches.flatMap(({ batch }) => batch.rows().map((_, i) => batch.identity(i)));
    expect(new Set(identities).size).toBe(20);
    flow.push(event(20));
    await flow.close();
    expect(memory.rows().length).toBe(21);
    expect([memory.stored, memory.opened, memory.closed]).toEqual([21, 1, 1]);
  });

  it('takes the batches of several flushers, whole', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory, { flushers: 3, onFull: 'block' });
    for (const each of events(3000)) flow.push(each);
    await flow.close();
    expect(memory.opened).toBe(3);
    const rows = memory.rows(Event).sort((a, b) => a.n - b.n);
    expect(rows).toEqual(events(3000));
  });

  it('fails as often as asked, in the order of the calls', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory, { retry: quick });
    memory.failNext('retry', 2);
    memory.failNext(Object.assign(new Error('no room'), { code: 'E_FULL', verdict: 'retry' }));
    flow.pushMany(events(8));
    await flow.committed();
    expect(memory.attempts).toBe(4);
    expect(memory.batches()[0]?.attempt).toBe(4);
    expect(memory.rows(Event)).toEqual(events(8));
  });

  it('refuses single rows', async () => {
    const memory = memorySink();
    const letters = memorySink();
    const flow = await flowInto(memory, { deadLetters: letters.sink });
    memory.failRows([2, 5], { message: 'not these', code: 'E_ROW', verdict: 'fatal' });
    memory.hold();
    flow.pushMany(events(8));
    await memory.until(({ waiting }) => waiting === 1);
    memory.release();
    await flow.flush();
    expect(memory.rows(Event)).toEqual(events(8).filter(({ n }) => n !== 2 && n !== 5));
    expect(letters.rows()).toMatchObject([
      { reason: 'fatal', code: 'E_ROW', message: 'not these' },
      { reason: 'fatal', code: 'E_ROW' },
    ]);
  });

  it('says what an error means: split, and a pause', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory, { retry: quick });
    memory.failNext({ split: true });
    flow.pushMany(events(8));
    await flow.committed();
    expect(memory.batches().map(({ batch }) => batch.length)).toEqual([4, 4]);
  });

  it('fails until it recovers', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory, { retry: { maxAttempts: 1000, backoffMs: 1, maxBackoffMs: 2 } });
    memory.failNext('unknown', Number.POSITIVE_INFINITY);
    flow.pushMany(events(8));
    await memory.until(({ attempts }) => attempts > 3);
    expect(memory.stored).toBe(0);
    memory.recover();
    await flow.committed();
    expect(memory.stored).toBe(8);
  });

  it('holds writes until it releases them; one whose signal aborts rejects', async () => {
    const memory = memorySink();
    const flow = await flowInto(memory);
    memory.hold();
    flow.pushMany(events(8));
    await memory.until(({ waiting }) => waiting === 1);
    const report = await flow.destroy();
    expect(report).toMatchObject({ committed: 0, undelivered: 8 });
    expect([memory.waiting, memory.stored]).toEqual([0, 0]);
  });

  it('is full at its bound, and says so', async () => {
    const memory = memorySink({ maxBytes: 1024 });
    const flow = await flowInto(memory, { retry: false });
    flow.pushMany(events(8));
    await expect(flow.committed()).rejects.toThrow(/memory sink is full/);
  });

  it('checks its options', () => {
    expect(() => memorySink({ maxByte: 5 } as never)).toThrow(/did you mean "maxBytes"/);
  });
});
