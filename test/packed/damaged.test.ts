/**
 * Damaged and hostile messages: each is refused by a typed error, or is a batch of valid values; nothing crashes, and
 * nothing large is allocated for what a message only says.
 */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, PackedMessageError, t } from '../../dist/src/index.js';
import { columnsInput } from '../../dist/src/packed/columns-input.js';
import { pack } from '../../dist/src/packed/pack.js';
import { unpack } from '../../dist/src/packed/unpack.js';

const schema = defineSchema('every', {
  flag: t.bool(),
  maybe: t.uint16().optional(),
  at: t.timestamp(),
  name: t.label().optional(),
  text: t.string().optional(),
  bytes: t.bytes(),
  more: t.bytes().optional(),
  document: t.json<unknown>(),
  value: t.any(),
});
const rows = Array.from({ length: 9 }, (_, i) => ({
  flag: i % 2 === 0,
  maybe: i % 3 === 0 ? null : i,
  at: i,
  name: i % 4 === 0 ? null : `n${i % 3}`,
  text: i % 5 === 0 ? null : 'é'.repeat(i),
  bytes: new Uint8Array(i),
  more: i % 2 === 0 ? null : Uint8Array.of(i),
  document: { i, list: [i] },
  value: i % 2 === 0 ? new Map([[i, 'x']]) : { i },
}));
const message = pack(batchOf(schema, rows));

/** With the checksum put right, as somebody with bad intentions would. */
function signed(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= 16) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    view.setUint32(12, crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12))), true);
  }
  return bytes;
}

const faultOf = (bytes: Uint8Array): string | undefined => {
  try {
    unpack(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof PackedMessageError) return error.fault;
    throw error;
  }
};

/** Reads all of a message. @returns the rows that could be pushed. */
function read(bytes: Uint8Array): number {
  try {
    const batch = unpack(bytes);
    columnsInput(batch, true);
    for (let i = 0; i < batch.length; i++) batch.identity(i);
    return batch.length;
  } catch (error) {
    if (error instanceof PackedMessageError) return 0;
    throw error;
  }
}

describe('a damaged message', () => {
  it('is whole before it is damaged', () => {
    expect(read(message.slice())).toBe(rows.length);
  });

  it('is refused at each bit that flips', () => {
    for (let bit = 0; bit < message.length * 8; bit++) {
      const bytes = message.slice();
      (bytes[bit >> 3] as number) ^= 1 << (bit & 7);
      expect(faultOf(bytes)).toMatch(/^(damaged|version)$/);
    }
  });

  it('is refused wherever it is cut, and when there is more of it', () => {
    for (let length = 0; length < message.length; length++) {
      expect(faultOf(message.slice(0, length))).toBe('damaged');
    }
    expect(faultOf(Buffer.concat([message, Buffer.alloc(8)]))).toBe('damaged');
  });

  it('of a newer version is told from a damaged one, whatever else it has', () => {
    const bytes = message.slice(0, 16);
    bytes[4] = 2;
    expect(faultOf(bytes)).toBe('version');
    bytes[4] = 0;
    expect(faultOf(bytes)).toBe('damaged');
    expect(faultOf(Buffer.from('{"at":1,"path":"/"}'))).toBe('damaged');
  });
});

describe('a hostile message, whose checksum is right', () => {
  it('is refused or read at each byte that is another, without a crash', () => {
    for (let at = 0; at < message.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xc1, 0xff]) {
        const bytes = message.slice();
        if (bytes[at] === value) continue;
        bytes[at] = value;
        read(signed(bytes));
      }
    }
  });

  it('allocates nothing for lengths of 2^32 - 1, 2^31, 2^31 - 1', () => {
    const before = process.memoryUsage().rss;
    for (let at = 0; at + 4 <= message.length; at += 4) {
      for (const length of [0xffffffff, 0x80000000, 0x7fffffff, 0x7ffffff]) {
        const bytes = message.slice();
        new DataView(bytes.buffer).setUint32(at, length, true);
        read(signed(bytes));
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it('is refused or read wherever several of its bytes are others', () => {
    const change = fc.tuple(fc.nat(message.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 255)));
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(message.length),
        (changes, cut) => {
          const bytes = cut % 3 === 0 ? message.slice(0, Math.max(24, cut)) : message.slice();
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          new DataView(bytes.buffer).setUint32(8, bytes.length, true);
          read(signed(bytes));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each<[string, (bytes: Buffer) => void]>([
    [
      'a record that V8 has not written',
      (bytes) =>
        void bytes.fill(
          0xc1,
          bytes.lastIndexOf(Buffer.of(0xff, 0x0f)),
          bytes.lastIndexOf(Buffer.of(0xff, 0x0f)) + 1,
        ),
    ],
    ['a text that is no UTF-8', (bytes) => void bytes.fill(0xff, bytes.indexOf('é'), bytes.indexOf('é') + 1)],
    ['a head that is no schema', (bytes) => void bytes.write('umint32', bytes.indexOf('uint16'))],
  ])('%s is refused', (_, change) => {
    const bytes = Buffer.from(message);
    change(bytes);
    expect(bytes.equals(message)).toBe(false);
    expect(faultOf(signed(Uint8Array.from(bytes)))).toBe('damaged');
  });

  it('a document that is no JSON is refused when it is to be pushed', () => {
    const bytes = Buffer.from(message);
    bytes.write('[', bytes.indexOf('{"i":1'));
    expect(() => columnsInput(unpack(signed(Uint8Array.from(bytes))), true)).toThrow(PackedMessageError);
  });
});
