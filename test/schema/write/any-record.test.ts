/**
 * Any values of plain objects, arrays and primitives are written in a form of their own, the others as V8 serializes
 * them. What comes back does not show which.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { unpackAny } from '../../../dist/src/schema/codec/any-codec.js';
import { noShape, plainMark } from '../../../dist/src/schema/codec/plain-record.js';
import { anySchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import { sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { hostileTexts, structured } from '../../fixtures/any-rows.js';
import { WrittenBlocks } from '../../fixtures/written-blocks.js';

const Events = anySchema('events');

/** Own properties whatever the key: a literal would take `__proto__` for the prototype. */
const object = (entries: readonly (readonly [string, unknown])[]) => Object.fromEntries(entries);
const numbered = (keys: number, value: (k: number) => unknown = (k) => k) =>
  object(Array.from({ length: keys }, (_, k) => [`key ${k}`, value(k)]));

const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts, 'é', '€'.repeat(300)),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 9 })
    .map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme' }),
  fc.string(),
);
const asciiText = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme-ascii' }));

const others = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, 0, Number.NaN, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53, -Infinity),
  fc.constantFrom(null, undefined, true, false),
);
const flatValue = (text: fc.Arbitrary<string>) => fc.oneof(text, others);

const hostileKeys = [
  ...[
    '',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '0',
    '10',
    '9',
    '-1',
    '1.5',
    '"];process.exit()//',
    '\\',
    "'",
  ],
  ...[
    `\${x}`,
    '\n',
    '\u2028',
    '\ud800',
    'é',
    'at',
    'next',
    'unit',
    'words',
    'texts',
    'v0',
    'floatOf',
    'this',
  ],
];
const keys = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(...hostileKeys),
    // Of an object with this key nobody knows at a glance that it is a plain one.
    fc.string({ unit: 'binary', maxLength: 9 }).filter((key) => key !== 'constructor'),
  ),
  { minLength: 1, maxLength: 32 },
);

/** Flat objects of a few shapes, so that there are less of them than what one producer takes. */
function flatObjects(text: fc.Arbitrary<string>, shapes: number): fc.Arbitrary<Record<string, unknown>[]> {
  return fc.array(keys, { minLength: 1, maxLength: shapes }).chain((lists) =>
    fc.array(
      fc
        .constantFrom(...lists)
        .chain((names) =>
          fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), flatValue(text)))).map(object),
        ),
      { maxLength: 20 },
    ),
  );
}

/** Whether row `i` of the first column lies there as a plain record. */
function isPlain({ data }: Batch, i: number): boolean {
  return data.blob[data.fields[0]?.starts?.[i] as number] === plainMark;
}

/** Whether it is an object whose keys are a label. */
function isFlat(batch: Batch, i: number): boolean {
  const { blob, fields } = batch.data;
  const word = new DataView(blob.buffer, blob.byteOffset + (fields[0]?.starts?.[i] as number) + 4).getInt32(
    0,
    true,
  );
  return isPlain(batch, i) && word !== noShape;
}

function flatRows(batch: Batch): number {
  return Array.from({ length: batch.length }, (_, i) => isFlat(batch, i)).filter(Boolean).length;
}

function assertSame(got: readonly unknown[], pushed: readonly unknown[]): void {
  assert.deepStrictEqual(got, pushed);
  // What `deepStrictEqual` does not look at.
  const orders = [got, pushed].map((rows) => rows.map((row) => Object.keys(row as object)));
  assert.deepStrictEqual(orders[0], orders[1]);
}

describe('a flat object', () => {
  it('comes back as it was, whatever its keys, texts and numbers', () => {
    const events = fc.oneof(flatObjects(anyText, 16), flatObjects(asciiText, 3));
    fc.assert(
      fc.property(events, (pushed) => {
        const batch = batchOf(Events, pushed);
        assertSame(batch.rows(), pushed);
        expect(flatRows(batch)).toBe(pushed.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is of a shape up to 32 keys; with more it comes back, too', () => {
    for (const value of [(k: number) => k, (k: number) => `€${k}`, (k: number) => k + 0.5, () => undefined]) {
      const pushed = [numbered(32, value), numbered(33, value), numbered(1, value), numbered(31, value)];
      const batch = batchOf(Events, pushed);
      assertSame(batch.rows(), pushed);
      expect(pushed.map((_, i) => isFlat(batch, i))).toEqual([true, false, true, true]);
    }
  });

  it('tells undefined from null and from no such key', () => {
    const pushed = [{ a: undefined, b: 1 }, { a: null, b: 1 }, { b: 1 }, { a: 0, b: 1 }];
    const batch = batchOf(Events, pushed);
    assertSame(batch.rows(), pushed);
    expect(flatRows(batch)).toBe(4);
  });

  it('tells objects apart whose keys come in another order, or begin alike', () => {
    const pushed = [
      { a: 1, b: 'x' },
      { b: 'x', a: 1 },
      { a: 1 },
      { a: 1, b: 'x', c: true },
      { a: 1, b: 'x' },
    ];
    const batch = batchOf(Events, pushed);
    assertSame(batch.rows(), pushed);
    expect(flatRows(batch)).toBe(5);
  });

  it('of more shapes than 64 comes back, in whatever order they come', () => {
    const shape = (s: number, round: number) => ({ [`only ${s}`]: s, round, text: `€ ${s} ${round}` });
    const pushed = [0, 1, 2].flatMap((round) => Array.from({ length: 70 }, (_, s) => shape(s, round)));
    const batch = batchOf(Events, pushed);
    assertSame(batch.rows(), pushed);
    expect(flatRows(batch)).toBe(3 * 64);
  });

  it('of a shape for which there is no label left comes back', () => {
    const pushed = Array.from({ length: 6 }, (_, s) => ({ [`only ${s}`]: s, text: 'x' }));
    const written = new WrittenBlocks(Events, {
      blocks: 1,
      rowsPerBlock: 6,
      variableBytes: 4096,
      maxLabels: 2,
    });
    for (const event of pushed) written.push(event);
    written.flush();
    assertSame(written.read().rows(), pushed);
    expect(flatRows(written.read())).toBe(2);
  });

  it('is a fresh object at each read', () => {
    const batch = batchOf(Events, [{ a: 'x' }]);
    (batch.row(0) as { a: string }).a = 'changed';
    expect(batch.row(0)).toEqual({ a: 'x' });
  });

  it('is given as V8 serializes it to those who store it, in bytes that belong to no other value', () => {
    const Values = defineSchema('values', { value: t.any() });
    const pushed = [{ a: 1, text: '€' }, { a: 2, text: 'x' }, ['not flat'], /not plain/];
    const { value } = batchOf(
      Values,
      pushed.map((one) => ({ value: one })),
    ).columns;
    const encoded = pushed.map((_, i) => value.encoded(i));
    expect(encoded.map(unpackAny)).toEqual(pushed);
    expect(encoded[0]?.buffer).not.toBe(encoded[1]?.buffer);
  });
});

describe('an any value that is no flat object', () => {
  class Point {
    x = 1;
  }

  it.each<[string, unknown, plain?: boolean]>([
    ['an object in an object', { a: 1, b: { c: 'x' } }],
    ['a Set', new Set(['x'])],
    ['a RegExp in an object', { a: /x/ }, false],
    ['an Error', new Error('x'), false],
    ['an array in an object', { a: [1, 2] }],
    ['a Date in an object', { a: new Date(5), b: 'x' }],
    ['a bigint in an object', { a: 2n ** 70n }],
    ['an object with a key "constructor"', { constructor: 1, a: 'x' }],
    ['an empty object', {}],
    ['an object of no prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an array', [1, 'x']],
    ['a Map', new Map([['a', 1]])],
    ['a text', 'é'],
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
  ])('comes back: %s', (_, value, plain = true) => {
    const batch = batchOf(Events, [value, { flat: 'x' }, value]);
    expect(batch.rows()).toEqual([value, { flat: 'x' }, value]);
    expect([0, 1, 2].map((i) => isPlain(batch, i))).toEqual([plain, true, plain]);
  });

  it('gives its own properties alone, and costs the flat ones no shape', () => {
    const heir = () => Object.assign(Object.create({ inherited: 1 }), { own: 2 });
    const pushed = [...Array.from({ length: 20 }, heir), new Point(), { flat: 'x' }];
    const batch = batchOf(Events, pushed);
    expect(batch.rows()).toEqual([...Array(20).fill({ own: 2 }), { x: 1 }, { flat: 'x' }]);
    expect(isFlat(batch, 21)).toBe(true);
    // Nor those of a shape that is known.
    const known = batchOf(Events, [{ own: 1, inherited: 2 }, heir()]);
    expect(known.rows()).toEqual([{ own: 1, inherited: 2 }, { own: 2 }]);
  });
});

describe('an any column', () => {
  const Beside = defineSchema('beside', {
    value: t.any().optional(),
    before: t.string(),
    raw: t.bytes(),
    after: t.string().optional(),
    label: t.label(),
    other: t.any(),
  });

  /** Rows in which flat objects of few shapes, values that are none, texts and bytes lie side by side. */
  const rows = fc
    .constantFrom(anyText, asciiText)
    .chain((text) => fc.tuple(flatObjects(text, 4), fc.constant(text)))
    .chain(([flat, text]) => {
      const value = fc.oneof(
        fc.constantFrom<unknown>(...flat, 'no object'),
        // In an array: no other shape.
        structured.map((inner) => [inner]),
      );
      const row = fc.record(
        {
          value: fc.option(value),
          before: text,
          raw: fc.uint8Array({ maxLength: 5 }),
          after: fc.option(text),
          label: fc.constantFrom('a', 'b'),
          other: value,
        },
        { noNullPrototype: true },
      );
      return fc.array(row, { minLength: 1, maxLength: 25 });
    });

  it('and those beside it come back, from parts of several blocks, with groups that end anywhere', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        (pushed, rowsPerBlock, ends, lengths) => {
          const written = new WrittenBlocks(Beside, { blocks: 40, rowsPerBlock, variableBytes: 32_768 });
          pushed.forEach((row, i) => {
            written.push(row);
            if (ends[i % ends.length]) written.flush();
          });
          written.flush();
          assert.deepStrictEqual(written.read().rows(), pushed);
          // Cut into parts, and those into batches of two parts each.
          const parts = written.parts.flatMap(({ block, to: end }) => {
            const found = [];
            for (let from = 0, n = 0; from < end; n++) {
              const to = Math.min(end, from + (lengths[n % lengths.length] as number));
              found.push({ block, from, to });
              from = to;
            }
            return found;
          });
          let at = 0;
          for (let k = 0; k < parts.length; k += 2) {
            const batch = written.read(parts.slice(k, k + 2));
            assert.deepStrictEqual(batch.rows(), pushed.slice(at, at + batch.length));
            at += batch.length;
          }
          expect(at).toBe(pushed.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the halves of a surrogate pair apart from those of the columns beside it', () => {
    const Halves = defineSchema('halves', { a: t.string(), value: t.any(), b: t.string() });
    const pushed = [
      { a: 'plain', value: { x: 'plain', y: 1 }, b: 'plain' },
      { a: '\ud83d', value: { x: '\ude00\ud83d', y: '\ude00' }, b: '\ude00' },
      { a: '\ude00', value: { x: '', y: '\ud83d' }, b: '\ude00' },
      { a: 'plain', value: ['\ud83d\ude00'], b: 'é' },
    ];
    for (const group of [1, 2, 4]) {
      const written = new WrittenBlocks(Halves, { blocks: 1, rowsPerBlock: 4, variableBytes: 1024 });
      pushed.forEach((row, i) => {
        written.push(row);
        if ((i + 1) % group === 0) written.flush();
      });
      assert.deepStrictEqual(written.read().rows(), pushed);
    }
  });

  it('that pushes, by a later column’s code, another row of its own keeps each row’s value', async () => {
    const Two = defineSchema('two', { value: t.any(), data: t.json<unknown>() });
    const seen: unknown[] = [];
    await using flow = await createBatchFlow({ schema: Two, onBatch: (batch) => void seen.push(...batch) });
    for (const [inner, outer] of [
      [{ who: 'inner', n: 1 }, { who: 'outer' }],
      [['inner'], ['outer']],
      [{ who: 'inner' }, ['outer']],
      [['inner'], { who: 'outer', n: 1.5 }],
    ]) {
      flow.push({
        value: outer,
        data: {
          toJSON() {
            flow.push({ value: inner, data: 'inner' });
            return 'outer';
          },
        },
      });
      await flow.flush();
      expect(seen.splice(0)).toEqual([
        { value: inner, data: 'inner' },
        { value: outer, data: 'outer' },
      ]);
    }
  });
});

describe('a flow of any values', () => {
  const fault = expect.objectContaining({ code: 'ERR_EVENT_INVALID', fault: 'not_serializable' });

  /** A flow without a schema, and what its batches held. */
  async function collecting(settings: object = {}) {
    const seen: unknown[] = [];
    const flow = await createBatchFlow({ onBatch: (batch: Batch) => void seen.push(...batch), ...settings });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    return { flow, seen };
  }

  it('gives batches to the creating thread as they were pushed, flat or not', async () => {
    const { flow, seen } = await collecting({ flushSize: 10 });
    const pushed = Array.from({ length: 200 }, (_, i): unknown => {
      if (i % 3 === 0) return { i, text: i % 2 === 0 ? `row ${i}` : `Zeile ${i} €\ud83d`, minus: -0 };
      return i % 3 === 1 ? { i, nested: [`€ ${i}`] } : { other: `${i}`, none: undefined, nil: null };
    });
    for (const event of pushed) flow.push(event);
    await flow.committed();
    assert.deepStrictEqual(seen, pushed);
  });

  it.each([
    [
      'a flat object',
      (push: () => number) => ({
        a: 'x',
        get b() {
          return push();
        },
      }),
    ],
    [
      'an object that is not flat',
      (push: () => number) => ({
        deep: {
          get b() {
            return push();
          },
        },
        a: 'x',
      }),
    ],
  ])('refuses a value that %s pushes while it is encoded, and loses nothing', async (_, evil) => {
    const { flow, seen } = await collecting();
    const nested = () => Number(flow.push(['nested']) && flow.push({ nested: 1 }));
    flow.push({ i: 1 });
    expect(() => flow.push(evil(nested))).toThrow(fault);
    const heard: unknown[] = [];
    const caught = () => {
      try {
        return nested();
      } catch (error) {
        return heard.push(error);
      }
    };
    expect(flow.push(evil(caught))).toBe(true);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard[0]).toEqual(fault);
    flow.push({ i: 2 });
    await flow.committed();
    expect(seen).toHaveLength(3);
    expect([seen[0], seen[2]]).toEqual([{ i: 1 }, { i: 2 }]);
    expect(seen[1]).toMatchObject({ a: 'x' });
    expect(flow.stats()).toMatchObject({ accepted: 3, committed: 3 });
  });

  it('takes an event whose getter pushes into another such flow', async () => {
    const { flow, seen } = await collecting();
    const { flow: other, seen: elsewhere } = await collecting();
    const evil = (nested: unknown) => ({
      deep: {
        get a() {
          return other.push(nested);
        },
        b: 'x',
      },
    });
    expect(flow.push(evil(['nested']))).toBe(true);
    expect(flow.push(evil({ nested: 'é' }))).toBe(true);
    other.push(['later']);
    await flow.committed();
    await other.committed();
    expect(seen).toEqual(Array(2).fill({ deep: { a: true, b: 'x' } }));
    // How often a getter is read is not promised.
    const texts = [...new Set(elsewhere.map((event) => JSON.stringify(event)))];
    expect(texts).toEqual([['nested'], { nested: 'é' }, ['later']].map((event) => JSON.stringify(event)));
  });

  it('takes an event whose getter pushes into a flow with a schema', async () => {
    const Typed = defineSchema('typed', { i: t.int32(), text: t.string() });
    const typed: unknown[] = [];
    await using other = await createBatchFlow({
      schema: Typed,
      onBatch: (batch) => void typed.push(...batch),
    });
    const { flow, seen } = await collecting();
    const text = () => `é ${other.push({ i: typed.length, text: 'from a getter' })}`;
    flow.push({
      before: 'x',
      get flat() {
        return text();
      },
      after: 'y',
    });
    flow.push({
      before: 'x',
      deep: [
        {
          get flat() {
            return text();
          },
        },
      ],
    });
    await flow.committed();
    await other.committed();
    expect(seen[0]).toEqual({ before: 'x', flat: 'é true', after: 'y' });
    expect(seen[1]).toEqual({ before: 'x', deep: [{ flat: 'é true' }] });
    // How often a getter is read is not promised.
    expect(new Set(typed.map((row) => JSON.stringify(row)))).toEqual(
      new Set([JSON.stringify({ i: 0, text: 'from a getter' })]),
    );
  });

  it('finds equal keys in an any column, flat or not', async () => {
    const Keyed = defineSchema('keyed', { i: t.int32(), key: t.any() });
    const { flow, seen } = await collecting({ schema: Keyed, dedupe: { by: 'key' } } as { schema: Schema });
    const keys = [
      { a: 1, b: 'é' },
      { a: 1, b: 'e' },
      [1, 'é'],
      { a: 1.5, b: 'é' },
      { b: 'é', a: 1, c: undefined },
      { deep: { a: 1 } },
    ];
    for (let round = 0; round < 3; round++) {
      // Fresh objects each time.
      for (const [k, key] of structuredClone(keys).entries()) flow.push({ i: 10 * round + k, key });
    }
    // The same as the first, but not written as a flat record.
    flow.push({ i: 30, key: Object.assign(Object.create(null), keys[0]) });
    await flow.flush();
    assert.deepStrictEqual(
      seen,
      [21, 22, 23, 24, 25, 30].map((i) => ({ i, key: keys[i % 10] })),
    );
  });

  it('has no property of its own that a program has given to all objects', () => {
    const anything = anySchema('anything');
    const events = () => [{ a: 1, foo: 2 }, { a: 1 }, {}, { a: { b: 1 } }, [{}], { a: 1, foo: 2 }];
    const expected = events();
    const prototype = Object.prototype as { foo?: unknown };
    prototype.foo = 'inherited';
    let rows: unknown[];
    try {
      rows = batchOf(anything, events()).rows();
    } finally {
      delete prototype.foo;
    }
    assert.deepStrictEqual(rows, expected);
  });

  it('is kept by SQLite as V8 serializes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'any-record-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'kept.db');
    const Kept = defineSchema('kept', { i: t.int32(), value: t.any().optional() });
    const values = [
      { a: 1, text: 'é' },
      { a: 2, text: 'x' },
      { deep: [1] },
      null,
      { other: -1.5, none: undefined },
    ];
    const flow = await createBatchFlow({ schema: Kept, sink: sqlite({ file, synchronous: 'off' }) });
    values.forEach((value, i) => void flow.push({ i, value }));
    await flow.close();
    const db = new Database(file, { readonly: true });
    onTestFinished(() => void db.close());
    const kept = db.prepare('SELECT value FROM kept ORDER BY i').pluck().all() as (Buffer | null)[];
    assert.deepStrictEqual(
      kept.map((bytes) => bytes && unpackAny(bytes)),
      values,
    );
  });
});
