/** Hashes of keys: what a column stores as equal values has one hash; what differs is spread. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { compileKeyHash } from '../../../dist/src/schema/write/key-hash.js';

const schema = defineSchema('events', {
  a: t.float64().optional(),
  f: t.float32(),
  big: t.bigint64(),
  at: t.timestamp(),
  yes: t.bool(),
  label: t.label(),
  text: t.string(),
  bytes: t.bytes(),
  constructor: t.int32().optional(),
});
const hashOf = (...key: string[]) => compileKeyHash(schema, key);
const otherNaN = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_0001n]).buffer)[0];

describe('equal values have one hash', () => {
  it.each<[string, object, object]>([
    ['a', { a: 0 }, { a: -0 }],
    ['a', { a: Number.NaN }, { a: otherNaN }],
    ['a', { a: null }, {}],
    ['a', { a: undefined }, {}],
    ['f', { f: 0.1 }, { f: Math.fround(0.1) }],
    ['at', { at: new Date(1_700_000_000_123) }, { at: 1_700_000_000_123 }],
    ['bytes', { bytes: Uint8Array.of(1, 2) }, { bytes: Buffer.from([1, 2]) }],
    ['constructor', { constructor: null }, {}],
  ])('%s: %o and %o', (key, one, other) => {
    expect(hashOf(key)(one)).toBe(hashOf(key)(other));
  });

  it('whether a text comes as label or string', () => {
    expect(hashOf('label')({ label: 'paris' })).toBe(hashOf('text')({ text: 'paris' }));
  });

  it('whatever else is in the event', () => {
    expect(hashOf('a')({ a: 1.5, text: 'x' })).toBe(hashOf('a')({ text: 'y', a: 1.5 }));
  });
});

describe('values that differ', () => {
  const values: [string, (n: number) => unknown][] = [
    ['a', (n) => n],
    ['a', (n) => n * 1000],
    ['a', (n) => n / 64],
    ['f', (n) => n + 0.5],
    ['big', (n) => BigInt(n) << 20n],
    ['at', (n) => 1_700_000_000_000 + 60_000 * n],
    ['text', (n) => `user-${n}`],
    ['text', (n) => `${n}@example.com`],
    ['bytes', (n) => Buffer.from(`key ${n}`)],
  ];

  it.each(values)('are spread evenly: %s %s', (key, valueFor) => {
    const hash = hashOf(key);
    for (const shards of [2, 3, 4, 8]) {
      const counts = new Array<number>(shards).fill(0);
      const rows = 8000;
      for (let n = 0; n < rows; n++) {
        const shard = hash({ [key]: valueFor(n) }) % shards;
        counts[shard] = (counts[shard] as number) + 1;
      }
      for (const count of counts) expect(Math.abs(count * shards - rows) / rows).toBeLessThan(0.15);
    }
  });

  it('count with their place in a key of several columns', () => {
    const hash = hashOf('label', 'text');
    expect(hash({ label: 'a', text: 'b' })).not.toBe(hash({ label: 'b', text: 'a' }));
    expect(hash({ label: 'ab', text: 'c' })).not.toBe(hash({ label: 'a', text: 'bc' }));
  });

  it('true and false among them', () => {
    expect(hashOf('yes')({ yes: true })).not.toBe(hashOf('yes')({ yes: false }));
  });
});

it('any value has a hash from 0 to 2^32 - 1, also one that its column refuses', () => {
  const hashes = Object.keys(schema.columns).map((key) => [key, hashOf(key)] as const);
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }), (value) => {
      for (const [key, hash] of hashes) {
        for (const event of [value, { [key]: value }]) {
          const found = hash(event);
          expect(Number.isInteger(found) && found >= 0 && found < 2 ** 32).toBe(true);
          expect(hash(event)).toBe(found);
        }
      }
    }),
  );
});
