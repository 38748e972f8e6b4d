/**
 * `keep: 'merge'`: later rows of a key fill in, and overwrite, what earlier ones have.
 */
import { expect, onTestFinished, test } from 'vitest';
import {
  type Batch,
  createBatchFlow,
  defineSchema,
  type EventOf,
  type Flow,
  t,
} from '../../../dist/src/index.js';
import { memorySink } from '../../../dist/src/testing/index.js';
import { until } from '../../fixtures/until.js';

const Order = defineSchema('orders', {
  tenant: t.label(),
  id: t.int32(),
  n: t.int32(),
  name: t.string().optional(),
  price: t.float64().optional(),
  kind: t.label().optional(),
  data: t.json().optional(),
  bytes: t.bytes().optional(),
  any: t.any().optional(),
});
const Log = defineSchema('logs', { id: t.int32(), text: t.string().optional() });

const [a, b] = [
  { tenant: 'a', id: 1 },
  { tenant: 'b', id: 1 },
];
const events: EventOf<typeof Order>[] = [
  { ...a, n: 0, name: 'one', price: 5, kind: 'x', bytes: Buffer.from('é'), any: { set: new Set([1]) } },
  { ...b, n: 1, name: 'other', data: [1] },
  { ...a, n: 2, price: null, data: { x: 1 } },
  { ...a, n: 3, name: '' },
];
const none = { name: null, price: null, kind: null, data: null, bytes: null, any: null };
const merged = [
  { ...none, ...b, n: 1, name: 'other', data: [1] },
  {
    ...{ ...a, n: 3, name: '', price: 5, kind: 'x', data: { x: 1 }, bytes: new Uint8Array(Buffer.from('é')) },
    any: { set: new Set([1]) },
  },
];

async function merging(settings: object = {}) {
  const flow: Flow<typeof Order> = await createBatchFlow({
    ...{ schema: Order, flushSize: 50, flushIntervalMs: 60_000 },
    dedupe: { by: ['tenant', 'id'], keep: 'merge' },
    retry: { backoffMs: 1 },
    ...settings,
  } as never);
  onTestFinished(async () => void (await flow.destroy()));
  return flow;
}

test('the sink gets one row of each key, with the last value of each column, at each attempt', async () => {
  const attempts: Batch<typeof Order>[] = [];
  const flow = await merging({
    onBatch(batch: Batch<typeof Order>) {
      attempts.push(batch);
      if (attempts.length < 3) throw Object.assign(new Error('later'), { verdict: 'retry' });
    },
  });
  flow.pushMany(events);
  await flow.flush();
  expect(attempts.map((batch) => batch.rows())).toEqual([merged, merged, merged]);
  // The identities of the last rows.
  expect(attempts[2]?.ranges?.map(({ first, count }) => [first, count])).toEqual([
    [1, 1],
    [3, 1],
  ]);
  expect(flow.stats()).toMatchObject({ accepted: 4, committed: 2, dropped: { duplicate: 2 }, pending: 0 });
});

test('rows of one key in several blocks, of several producers, become one', async () => {
  const memory = memorySink();
  const flow = await merging({ sink: memory.sink, flushSize: 4, bufferSize: 40 });
  const other = flow.producer();
  for (let n = 0; n < 10; n++) flow.push({ ...a, n, ...(n === 1 && { name: 'early' }) });
  other.push({ ...a, n: 10, price: 1 });
  await flow.flush();
  expect(memory.rows(Order)).toEqual([{ ...none, ...a, n: 10, name: 'early', price: 1 }]);
});

test('all rows of a key end with the merged one: the dead letter has its values', async () => {
  const letters = memorySink();
  const flow = await merging({
    deadLetters: letters.sink,
    // Of the two keys the second one is refused.
    onBatch: () => ({ failed: [{ index: 1, error: Object.assign(new Error('no'), { verdict: 'fatal' }) }] }),
  });
  const ends = await Promise.allSettled(events.map((event) => flow.write(event)));
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
  const [letter] = letters.rows() as { row: string; sequence?: unknown }[];
  expect(JSON.parse(letter?.row as string)).toMatchObject({
    tenant: 'a',
    n: 3,
    name: '',
    price: 5,
    kind: 'x',
  });
  expect(flow.stats()).toMatchObject({
    committed: 1,
    deadLettered: 1,
    dropped: { duplicate: 2 },
    pending: 0,
  });
});

test('what a stop hands back is merged where the ring cannot keep it, and adds up', async () => {
  let attempts = 0;
  const flow = await merging({
    retry: { maxAttempts: 100, backoffMs: 60_000, maxBackoffMs: 60_000, jitter: false },
    // The first key is stored; the second one, with rows before and behind it, is to be tried again.
    onBatch: () => {
      attempts++;
      return { failed: [{ index: 1, error: Object.assign(new Error('no'), { verdict: 'retry' }) }] };
    },
  });
  flow.pushMany(events);
  flow.flush().catch(() => {});
  await until(() => attempts === 1 && flow.metrics().total.errors.retry > 0, 'the first attempt');
  await flow.destroy();
  expect(flow.takeUndelivered().flatMap((batch) => batch.rows())).toEqual([merged[1]]);
  const { accepted, committed, dropped } = flow.stats();
  expect({ accepted, committed, dropped }).toEqual({
    ...{ accepted: 4, committed: 1 },
    dropped: { duplicate: 2, undelivered: 1 },
  });
});

test('each schema goes by its own rule', async () => {
  const memory = memorySink();
  const flow = await merging({
    ...{ schema: undefined, schemas: [Order, Log], sink: memory.sink, flushSize: 3 },
    dedupe: { schemas: { orders: { by: ['tenant', 'id'], keep: 'merge' } } },
  });
  const [orders, logs] = [flow.producer(Order), flow.producer(Log as never)] as never as [
    Flow<typeof Order>,
    Flow<typeof Log>,
  ];
  // Three rows of one schema fill a batch, three rows of one key do not.
  logs.pushMany([{ id: 1 }, { id: 1 }, { id: 1 }]);
  orders.pushMany([0, 1, 2].map((n) => ({ ...a, n })));
  await until(() => memory.batches(Log).length === 1, 'a full batch');
  expect(memory.batches(Order)).toHaveLength(0);
  await flow.flush();
  expect(memory.rows(Log)).toHaveLength(3);
  expect(memory.rows(Order)).toEqual([{ ...none, ...a, n: 2 }]);
});
