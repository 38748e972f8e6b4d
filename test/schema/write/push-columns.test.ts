/**
 * `pushColumns`: whatever the columns hold and however they are given, it does what `push` of each row would do.
 */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, type EventOf, t } from '../../../dist/src/index.js';

const Wide = defineSchema('wide', {
  f: t.float64(),
  g: t.float32().optional(),
  i: t.int16(),
  u: t.uint32().optional(),
  b: t.bigint64(),
  ok: t.bool(),
  at: t.timestamp().optional(),
  label: t.label(),
  kind: t.label().optional(),
  text: t.string(),
  note: t.string().optional(),
});
type Row = EventOf<typeof Wide>;

/** Texts of every width, and halves of surrogate pairs. */
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constant('\ud83d'),
);
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 3 });
const row: fc.Arbitrary<Row> = fc.record({
  f: fc.double(),
  g: optional(fc.float()),
  i: fc.integer({ min: -32768, max: 32767 }),
  u: optional(fc.nat()),
  b: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ok: fc.boolean(),
  at: optional(fc.integer({ min: -1e12, max: 1e12 })),
  label: fc.oneof(fc.constantFrom('a', 'b', 'ç'), fc.string({ minLength: 10, maxLength: 20 })),
  kind: optional(fc.constantFrom('x', 'y', 'z')),
  text,
  note: optional(text),
});

/** Typed arrays of the columns' own kinds, where all have values. */
const kinds = {
  f: Float64Array,
  g: Float32Array,
  i: Int16Array,
  u: Uint32Array,
  b: BigInt64Array,
  ok: Uint8Array,
  at: Float64Array,
};

function columnsOf(
  rows: readonly Row[],
  typed: boolean,
  leaveOut: boolean,
): Record<string, ArrayLike<unknown>> {
  const columns: Record<string, ArrayLike<unknown>> = {};
  for (const name of Object.keys(Wide.columns) as (keyof Row)[]) {
    const values = rows.map((event) => event[name]);
    if (leaveOut && values.every((value) => value == null)) continue;
    const Kind = kinds[name as keyof typeof kinds] as
      | { from(values: unknown[]): ArrayLike<unknown> }
      | undefined;
    columns[name] =
      typed && Kind !== undefined && !values.some((value) => value == null) ? Kind.from(values) : values;
  }
  return columns;
}

async function start(settings: object = {}) {
  const seen: unknown[] = [];
  const flow = await createBatchFlow({
    schema: Wide,
    onBatch: (batch) => void seen.push(...batch.rows()),
    flushSize: 8,
    bufferSize: 64,
    ...settings,
  });
  onTestFinished(async () => void (await flow.destroy()));
  return { flow, seen };
}

const plain = (rows: readonly Row[]) =>
  rows.map((event) => ({ ...event, g: event.g === null ? null : Math.fround(event.g as number) }));

test('rows arrive as they would by push: typed arrays and plain, any text, few labels known, little room', async () => {
  const { flow, seen } = await start({ maxLabels: 4, blockTextBytes: 256 });
  const pushes = fc.array(
    fc.record({
      rows: fc.array(row, { maxLength: 30 }),
      typed: fc.boolean(),
      leaveOut: fc.boolean(),
      single: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(pushes, async (all) => {
      seen.length = 0;
      const expected: Row[] = [];
      for (const { rows, typed, leaveOut, single } of all) {
        const columns = columnsOf(rows, typed, leaveOut);
        for (let done = 0; done < rows.length; ) {
          const rest = Object.fromEntries(
            Object.entries(columns).map(([name, values]) => [name, (values as unknown[]).slice(done)]),
          );
          const taken = single
            ? Number(flow.push(rows[done] as Row))
            : flow.pushColumns(rest as never, rows.length - done);
          done += taken;
          if (taken === 0 || (!single && done < rows.length)) await flow.writable();
        }
        expected.push(...rows);
      }
      await flow.flush();
      expect(seen).toEqual(plain(expected));
    }),
    { numRuns: 60 },
  );
});

describe('what does not fit', () => {
  const good: Row = { f: 1, i: 1, b: 1n, ok: true, label: 'a', text: 'text' };
  const bad: [keyof Row, unknown][] = [
    ['f', '1'],
    ['g', 1e39],
    ['i', 40_000],
    ['u', -1],
    ['b', 2n ** 63n],
    ['ok', 1],
    ['at', Number.NaN],
    ['label', 7],
    ['kind', {}],
    ['text', null],
    ['note', 5],
  ];

  test.each(bad)('%s: the rows before it are taken, it and those behind it are not', async (name, value) => {
    const { flow, seen } = await start();
    const rows = Array.from({ length: 20 }, (_, i) => ({
      ...good,
      i,
      u: 1,
      g: 1,
      at: 1,
      kind: 'x',
      note: 'n',
    }));
    const columns = columnsOf(rows, false, false);
    (columns[name] as unknown[])[11] = value;
    let thrown: unknown;
    try {
      flow.pushColumns(columns as never, 20);
    } catch (error) {
      thrown = error;
    }
    let byPush: unknown;
    try {
      flow.push({ ...rows[0], [name]: value } as never);
    } catch (error) {
      byPush = error;
    }
    expect(thrown).toMatchObject({
      code: 'ERR_EVENT_INVALID',
      index: 11,
      message: (byPush as Error).message,
    });
    flow.push({ ...good, i: 99 });
    await flow.flush();
    expect(seen.map((event) => (event as Row).i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]);
    expect(seen.every((event) => (event as Row).text === 'text')).toBe(true);
  });

  test('a timestamp out of range in a typed array is found, too', async () => {
    const { flow } = await start();
    const columns = columnsOf([good, good], true, true);
    expect(() => flow.pushColumns({ ...columns, at: Float64Array.of(1, 1e17) } as never, 2)).toThrow(
      expect.objectContaining({ index: 1 }),
    );
    expect(flow.stats().accepted).toBe(1);
  });

  test.each(Object.keys(good) as (keyof Row)[])('%s that throws when it is read', async (name) => {
    const { flow, seen } = await start();
    const columns = columnsOf([good, good, good], false, true);
    Object.defineProperty(columns[name], 1, {
      get() {
        throw new Error('not today');
      },
    });
    expect(() => flow.pushColumns(columns as never, 3)).toThrow('not today');
    flow.push({ ...good, text: 'after' });
    await flow.flush();
    expect(seen.map((event) => (event as Row).text)).toEqual(['text', 'after']);
  });

  test('reading that pushes, publishes or closes does so between rows', async () => {
    const { flow, seen } = await start();
    const columns = columnsOf([good, good], false, true);
    const reading = (read: () => unknown) => {
      const texts = ['one', 'two'];
      Object.defineProperty(texts, 1, { get: () => read() && 'two' });
      return { ...columns, text: texts } as never;
    };
    const producer = flow.producer();
    expect(
      producer.pushColumns(
        reading(() => producer.push({ ...good, text: 'between' })),
        2,
      ),
    ).toBe(2);
    await producer.committed();
    expect(
      producer.pushColumns(
        reading(() => {
          producer.publish();
          return true;
        }),
        2,
      ),
    ).toBe(2);
    expect(() =>
      producer.pushColumns(
        reading(() => producer.close()),
        2,
      ),
    ).toThrow(expect.objectContaining({ code: 'ERR_FLOW_CLOSED' }));
    await flow.flush();
    expect(seen.map((event) => (event as Row).text)).toEqual(['one', 'between', 'two', 'one', 'two', 'one']);
  });

  test('a flow that is closed while columns are read delivers what was accepted', async () => {
    const { flow, seen } = await start();
    flow.push({ ...good, text: 'before' });
    const texts = ['one', 'two'];
    let closing: Promise<unknown> | undefined;
    Object.defineProperty(texts, 1, {
      get() {
        closing ??= flow.close();
        return 'two';
      },
    });
    const columns = { ...columnsOf([good, good], false, true), text: texts } as never;
    expect(() => flow.pushColumns(columns, 2)).toThrow(expect.objectContaining({ code: 'ERR_FLOW_CLOSED' }));
    await closing;
    const { accepted, committed, pending } = flow.stats();
    expect({ accepted, committed, pending }).toEqual({
      accepted: seen.length,
      committed: seen.length,
      pending: 0,
    });
    expect((seen[0] as Row).text).toBe('before');
  });
});

test('a full ring takes what it has room for, and says how much', async () => {
  const { flow, seen } = await start();
  const rows = Array.from({ length: 500 }, (_, i) => ({
    f: i,
    i,
    b: 1n,
    ok: true,
    label: 'a',
    text: `${i}`,
  }));
  const { capacity } = flow.ring();
  expect(flow.pushColumns(columnsOf(rows, true, true) as never, 500)).toBe(capacity);
  expect(flow.stats()).toMatchObject({ accepted: capacity, rejected: 1 });
  await flow.flush();
  expect(seen.map((event) => (event as Row).i)).toEqual(rows.slice(0, capacity).map(({ i }) => i));
});

test('columns of blobs, JSON and any values go row by row', async () => {
  const seen: unknown[] = [];
  const Odd = defineSchema('odd', { n: t.int32(), raw: t.bytes(), doc: t.json<object>(), what: t.any() });
  await using flow = await createBatchFlow({
    schema: Odd,
    onBatch: (batch) => void seen.push(...batch.rows()),
  });
  const raw = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  const rows = raw.map((bytes, n) => ({ n, raw: bytes, doc: { n }, what: new Set([n]) }));
  const columns = {
    n: Int32Array.of(0, 1),
    raw,
    doc: rows.map(({ doc }) => doc),
    what: rows.map(({ what }) => what),
  };
  expect(flow.pushColumns(columns, 2)).toBe(2);
  await flow.flush();
  expect(seen).toEqual(rows);
});
