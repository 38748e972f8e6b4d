/**
 * Events of up to 1 MiB with default settings, whatever `flushSize` is, among small ones; and what larger ones get.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createBatchFlow,
  defineSchema,
  EventError,
  type FlowSettings,
  type Schema,
  t,
} from '../../dist/src/index.js';

const mebibyte = 2 ** 20;
const text = (bytes: number) => 'abcdefgh'.repeat(bytes / 8);
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7);

/** Schemas, and events of 1 MiB for each, those of several columns in all. */
const kinds: Record<string, { schema: Schema; large: object[] }> = {
  text: {
    schema: defineSchema('texts', { n: t.uint32(), text: t.string().optional() }),
    large: [
      { text: text(mebibyte) },
      { text: 'é'.repeat(mebibyte / 2) },
      { text: '漢'.repeat(Math.floor(mebibyte / 3)) },
      { text: `\ud800${text(mebibyte - 8)}` },
    ],
  },
  bytes: {
    schema: defineSchema('bytes', { n: t.uint32(), data: t.bytes().optional() }),
    large: [{ data: bytesOf(mebibyte) }],
  },
  json: {
    schema: defineSchema('json', { n: t.uint32(), value: t.json().optional() }),
    large: [{ value: text(mebibyte - 8) }, { value: Array(Math.floor(mebibyte / 9) - 8).fill('"\n\t') }],
  },
  label: {
    schema: defineSchema('labels', { n: t.uint32(), label: t.label().optional() }),
    large: [{ label: text(mebibyte) }],
  },
  any: {
    schema: defineSchema('any', { n: t.uint32(), value: t.any().optional() }),
    large: [{ value: text(mebibyte) }, { value: bytesOf(mebibyte) }],
  },
  'several columns': {
    schema: defineSchema('several', {
      n: t.uint32(),
      a: t.string().optional(),
      b: t.bytes().optional(),
      c: t.json().optional(),
      d: t.label().optional(),
    }),
    large: [
      { a: text(mebibyte / 4), b: bytesOf(mebibyte / 4), c: [text(mebibyte / 8)], d: text(mebibyte / 4) },
    ],
  },
};

/** A deep array whose JSON has so many bytes: of all values it grows the most. */
function brackets(bytes: number): unknown[] {
  const depth = 900;
  const nested = () => {
    let value: unknown[] = [];
    for (let i = 1; i < depth; i++) value = [value];
    return value;
  };
  return Array.from({ length: Math.floor(bytes / (2 * depth + 1)) }, nested);
}

/** Values without a schema whose JSON has almost 1 MiB. */
const values: Record<string, () => unknown> = {
  'a text': () => text(mebibyte - 8),
  brackets: () => brackets(mebibyte - 1000),
  'small numbers': () => Array(mebibyte / 2 - 8).fill(1),
  'arrays of one number': () => Array.from({ length: mebibyte / 4 - 8 }, () => [1]),
  'numbers and texts': () =>
    Array.from({ length: Math.floor(mebibyte / 4.5) - 8 }, (_, i) => (i % 2 === 0 ? 0.5 : 'ab')),
  objects: () => Array.from({ length: mebibyte / 8 - 8 }, (_, i) => ({ a: i % 10 })),
  'as V8 serializes it': () => {
    const shared = text(8);
    const member = { shared };
    return [member, member, ...Array(mebibyte / 4 - 40).fill(0.5)];
  },
};

/** A flow whose rows are kept, and its end with the test. */
async function start<S extends Schema>(schema: S | undefined, settings: FlowSettings) {
  const rows: unknown[] = [];
  const onBatch = (batch: { rows(): unknown[] }) => void rows.push(...batch.rows());
  const flow = await createBatchFlow({ ...(schema && { schema }), onBatch, ...settings } as {
    onBatch: never;
  });
  onTestFinished(async () => void (await flow.destroy()));
  const push = async (event: unknown) => {
    while (!flow.push(event)) await flow.writable();
  };
  return { flow, rows, push };
}

/** Without a message of a megabyte where rows differ. */
function expectRows(rows: readonly unknown[], wanted: readonly unknown[]): void {
  expect(rows.length).toBe(wanted.length);
  for (const [i, row] of wanted.entries()) expect(isDeepStrictEqual(rows[i], row), `row ${i}`).toBe(true);
}

describe.each([1, 1000, 1_000_000])('events of 1 MiB, with flushSize %i,', (flushSize) => {
  it.each(Object.entries(kinds))('arrive among small ones: %s', async (_, { schema, large }) => {
    const { flow, rows, push } = await start(schema, { flushSize });
    const none = Object.fromEntries(Object.keys(schema.columns).map((name) => [name, null]));
    const events = [...large, ...large].flatMap((event, n) => [{ n }, { n, ...event }, { n }]);
    for (const event of events) await push(event);
    await flow.flush();
    expectRows(
      rows,
      events.map((event) => ({ ...none, ...event })),
    );
  });
});

describe.each([1, 1_000_000])('values without a schema, with flushSize %i,', (flushSize) => {
  it.each(Object.entries(values))('whose JSON has 1 MiB arrive: %s', async (_, make) => {
    const value = make();
    const length = JSON.stringify(value).length;
    expect(length).toBeGreaterThan(0.9 * mebibyte);
    expect(length).toBeLessThanOrEqual(mebibyte);
    const { flow, rows, push } = await start(undefined, { flushSize });
    const events = ['small', value, { small: 1 }, value];
    for (const event of events) await push(event);
    await flow.flush();
    expectRows(rows, events);
  });
});

describe('an event that is larger', () => {
  it('gets an error that names the limit and the option, which raises it', async () => {
    const schema = defineSchema('large', { text: t.string() });
    const event = { text: text(2 * mebibyte) };
    const { flow } = await start(schema, {});
    let message = '';
    try {
      flow.push(event as never);
    } catch (error) {
      expect(error).toBeInstanceOf(EventError);
      message = (error as EventError).message;
    }
    const limit = Number(/take 2097152 bytes; at most (\d+) fit; raise blockTextBytes$/.exec(message)?.[1]);
    expect(limit).toBeGreaterThanOrEqual(mebibyte);
    flow.push({ text: 'x'.repeat(limit) } as never);
    expect(() => flow.push({ text: 'x'.repeat(limit + 1) } as never)).toThrow(EventError);

    const raised = await start(schema, { blockTextBytes: 2 * mebibyte });
    await raised.push(event);
    await raised.flow.flush();
    expectRows(raised.rows, [event]);
  });

  it('than an explicit blockTextBytes is refused, however small that is', async () => {
    const { flow } = await start(defineSchema('large', { text: t.string() }), { blockTextBytes: 64 });
    expect(() => flow.push({ text: 'x'.repeat(65) } as never)).toThrow(/take 65 bytes; at most 64 fit/);
  });
});

describe('the extents of a ring', () => {
  /** Kilobytes of memory that the mapping of a ring takes, by its size. */
  function residentOf(ringBytes: number): number {
    const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
    const kilobytes = (mapping: string, name: string) =>
      Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(mapping)?.[1]);
    const large = mappings
      .map((mapping) => ({ size: kilobytes(mapping, 'Size'), resident: kilobytes(mapping, 'Rss') }))
      .filter(({ size }) => size >= ringBytes / 1024)
      .sort((a, b) => a.size - b.size);
    return large[0]?.resident ?? Number.NaN;
  }

  it.runIf(process.platform === 'linux')('take no memory until an event needs one', async () => {
    const { flow, push } = await start(undefined, { flushSize: 1000, bufferSize: 64_000 });
    const { blocks, blockBytes, capacity } = flow.ring();
    const ringBytes = blocks * blockBytes;
    // The larger part of a ring is extents.
    expect(ringBytes).toBeGreaterThan(64 * 4 * mebibyte);
    for (let i = 0; i < 2 * capacity; i++) await push({ id: i, name: 'a small event' });
    await flow.flush();
    expect(residentOf(ringBytes)).toBeLessThan(32 * 1024);
    for (let n = 0; n < blocks; n++) {
      await push(text(mebibyte - 8));
      await flow.flush();
    }
    expect(residentOf(ringBytes)).toBeGreaterThan(64 * 1024);
  });
});
