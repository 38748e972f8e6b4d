/**
 * Packed messages: what is packed is unpacked, value for value, of all column types, with hostile names and texts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Batch,
  batchOf,
  createBatchFlow,
  defineSchema,
  identityOf,
  type Schema,
  t,
} from '../../dist/src/index.js';
import { swapBytes } from '../../dist/src/packed/byte-order.js';
import { columnsInput } from '../../dist/src/packed/columns-input.js';
import { pack } from '../../dist/src/packed/pack.js';
import { checkShape, unpack } from '../../dist/src/packed/unpack.js';
import { isWtf8 } from '../../dist/src/packed/wtf8.js';
import { columnsText } from '../../dist/src/schema/columns/schema-text.js';
import { selectRows } from '../../dist/src/schema/read/batch-select.js';
import { anyCase, hostileTexts } from '../fixtures/any-rows.js';
import { assertSameClone } from '../fixtures/same-clone.js';

/** Rows whose bytes are no longer views of a batch's memory. */
const owned = (rows: readonly object[]) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        value?.constructor === Uint8Array ? new Uint8Array(value) : value,
      ]),
    ),
  );

/** What is there of a batch: rows and identities. */
const contentOf = (batch: Batch) => ({
  rows: owned(batch.rows() as object[]),
  identities: Array.from({ length: batch.length }, (_, i) => batch.identity(i)),
});

/** A message as a socket gives it: anywhere in a larger memory. */
function received(message: Uint8Array, offset: number): Uint8Array {
  const memory = new Uint8Array(message.length + offset + 3);
  memory.set(message, offset);
  return memory.subarray(offset, offset + message.length);
}

describe('a packed message', () => {
  it('gives back rows of any schema, and their identities, wherever it lies', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(9), ({ schema, events }, offset) => {
        const batch = batchOf(schema, events as never[]);
        const unpacked = unpack(received(pack(batch), offset));
        expect(unpacked.schema.name).toBe(schema.name);
        expect(columnsText(unpacked.schema)).toBe(columnsText(schema));
        assertSameClone(contentOf(unpacked), contentOf(batch));
      }),
      { numRuns: 150 },
    );
  });

  it('has the rows that were chosen of a batch, and neither labels nor texts of others', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.boolean()), ({ schema, events }, coins) => {
        const batch = batchOf(schema, events as never[]);
        const chosen = [...events.keys()].filter(() => coins.next().value === true);
        const part = new Batch(schema, selectRows(batch.data, chosen));
        const unpacked = unpack(pack(part));
        assertSameClone(contentOf(unpacked), contentOf(part));
        const alone = batchOf(
          schema,
          chosen.map((i) => events[i] as never),
        );
        // But for their ranges of identities, and how V8 packs any values.
        if (Object.values(schema.columns).every(({ type }) => type !== 'any')) {
          const ranges = 16 * (part.data.identities.ranges.length - alone.data.identities.ranges.length);
          expect(pack(part).length).toBe(pack(alone).length + ranges);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('carries identities that came with events', () => {
    const schema = defineSchema('given', { n: t.int32() });
    const identities = Buffer.concat([identityOf('a'), identityOf('b', 1)]);
    const unpacked = unpack(pack(batchOf(schema, [{ n: 1 }, { n: 2 }], identities)));
    expect(Buffer.from(unpacked.identityBytes(1))).toEqual(Buffer.from(identityOf('b', 1)));
    expect(unpacked.ranges).toBeUndefined();
  });

  it('takes few bytes a row', () => {
    const schema = defineSchema('requests', {
      at: t.timestamp(),
      path: t.label(),
      status: t.uint16(),
      note: t.string(),
    });
    const rows = Array.from({ length: 1000 }, (_, i) => ({
      at: i,
      path: `/${i % 7}`,
      status: 200,
      note: 'x'.repeat(10),
    }));
    // 8 + 1 + 2 + 1 + 10 bytes.
    expect(pack(batchOf(schema, rows)).length / 1000).toBeLessThan(22.5);
  });

  it.each([255, 256, 257, 65_536, 65_537])('has %i labels and lengths', (count) => {
    const schema = defineSchema('wide', { name: t.label(), text: t.string().optional() });
    const rows = Array.from({ length: count }, (_, i) => ({
      name: `label ${i}`,
      text: i % 2 === 0 ? null : '',
    }));
    rows.push({ name: 'long', text: 'x'.repeat(count - 1) });
    expect(unpack(pack(batchOf(schema, rows))).rows()).toEqual(rows);
  });

  it('is pushed into a flow as it is, with the identities that its rows have', async () => {
    const schema = defineSchema('every', {
      flag: t.bool(),
      maybe: t.bool().optional(),
      small: t.uint8().optional(),
      big: t.bigint64(),
      at: t.timestamp().optional(),
      name: t.label().optional(),
      text: t.string(),
      bytes: t.bytes().optional(),
      document: t.json<unknown>(),
      maybeDocument: t.json<unknown>().optional(),
      value: t.any().optional(),
    });
    const rows = hostileTexts.map((text, i) => ({
      flag: i % 2 === 0,
      maybe: i % 3 === 0 ? null : i % 2 === 0,
      small: i % 3 === 1 ? null : i,
      big: 2n ** 60n + BigInt(i),
      at: i % 4 === 0 ? null : i * 1.5,
      name: i % 5 === 0 ? null : text,
      text,
      bytes: i % 3 === 2 ? null : Uint8Array.of(i, 0, 255),
      document: [text, { n: 1e21 }],
      maybeDocument: i % 2 === 0 ? null : { i },
      value: i % 2 === 1 ? null : new Map([[text, i]]),
    }));
    const batch = batchOf(schema, rows);
    const unpacked = unpack(pack(batch));
    const got: unknown[] = [];
    const flow = await createBatchFlow({
      schema,
      identity: 'given',
      onBatch: (arrived: Batch) =>
        void got.push(...contentOf(arrived).rows.map((row, i) => [row, arrived.identity(i)])),
    });
    flow.pushColumns(columnsInput(unpacked, true) as never, unpacked.length);
    await flow.close();
    assertSameClone(
      got,
      owned(rows).map((row, i) => [row, batch.identity(i)]),
    );
  });

  it('turns bytes of numbers around where the machine has them the other way', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    for (const width of [1, 2, 4, 8]) {
      const swapped = bytes.slice();
      swapBytes(swapped, width);
      const each = Array.from({ length: 8 / width }, (_, i) =>
        [...bytes.slice(i * width, (i + 1) * width)].reverse(),
      );
      expect([...swapped]).toEqual(each.flat());
    }
  });

  it('knows WTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), (bytes) => {
        const isUtf8 = !Buffer.from(bytes).toString().includes('\ufffd');
        if (isUtf8) expect(isWtf8(bytes)).toBe(true);
      }),
    );
    expect(isWtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toBe(true);
    for (const bad of [
      [0x80],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xed, 0xa0],
      [0xff],
    ]) {
      expect(isWtf8(Uint8Array.from(bad))).toBe(false);
    }
  });
});

describe('the shape of a message', () => {
  const known = defineSchema('s', { a: t.int32(), b: t.string().optional() });
  const faultOf = (sent: Schema, own: Schema | undefined) => {
    try {
      checkShape(sent, own);
      return undefined;
    } catch (error) {
      return (error as { fault: string }).fault;
    }
  };
  it.each<[string, Schema, Schema | undefined, string | undefined]>([
    ['the same', known, known, undefined],
    ['an older edge, without an optional column', defineSchema('s', { a: t.int32() }), known, undefined],
    [
      'a column required there, optional here',
      defineSchema('s', { a: t.int32(), b: t.string() }),
      known,
      undefined,
    ],
    ['another order', defineSchema('s', { b: t.string().optional(), a: t.int32() }), known, undefined],
    ['no schema here', known, undefined, 'schema'],
    ['a column more', defineSchema('s', { a: t.int32(), c: t.int32() }), known, 'shape'],
    ['another type', defineSchema('s', { a: t.uint32() }), known, 'shape'],
    ['optional there alone', defineSchema('s', { a: t.int32().optional() }), known, 'shape'],
    ['a required column less', defineSchema('s', { b: t.string() }), known, 'shape'],
    ['a name of objects', defineSchema('s', { a: t.int32(), constructor: t.int32() }), known, 'shape'],
  ])('%s', (_, sent, own, fault) => {
    expect(faultOf(sent, own)).toBe(fault);
  });
});
