/**
 * Hashes of events by the values of key columns: what tells a row's shard. Values that a column stores as equal ones
 * have one hash, however they came, on every thread: a Date and its milliseconds, 0 and −0, any two NaNs, a number and
 * its nearest `float32`. So have an optional value that is null and one that is missing.
 *
 * A value that the column does not take has some hash: the writer of any shard refuses it.
 */
import type { Code } from '../codegen/code.js';
import { compile } from '../codegen/compile.js';
import { isInherited, quoted } from '../codegen/names.js';
import type { Schema } from '../columns/schema.js';
import type { ColumnType } from '../columns/types/table.js';

/** @returns a whole number from 0 to 2^32 - 1. */
type KeyHash = (event: unknown) => number;

/** Compile the hash of a key, which has at least one column. */
export function compileKeyHash(schema: Schema, key: readonly string[]): KeyHash {
  const make = compile<(hashes: typeof hashOf) => KeyHash>(
    [schema.name, 'key-hash'],
    ['hashes'],
    keyHashCode(schema, key),
  );
  return make(hashOf);
}

/** The body of a function of `hashes`. */
function keyHashCode(schema: Schema, key: readonly string[]): Code {
  return [
    'return function keyHash(event) {',
    [
      "if (typeof event !== 'object' || event === null) return 0;",
      'let hash = 0;',
      ...key.map((name) => {
        const type = schema.columns[name]?.type as ColumnType;
        return `hash = hashes.${type}(${readKey(name)}, hash);`;
      }),
      // The final steps of MurmurHash3: each bit of the hash depends on each bit before.
      'hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);',
      'hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);',
      'return (hash ^ (hash >>> 16)) >>> 0;',
    ],
    '};',
  ];
}

function readKey(name: string): string {
  const key = quoted(name);
  return isInherited(name) ? `(Object.hasOwn(event, ${key}) ? event[${key}] : undefined)` : `event[${key}]`;
}

type Hash = (value: unknown, hash: number) => number;

/** In the place of any value that is none of its column's. */
const other = 0x9e3779b9;
const float = new Float64Array(1);
const big = new BigInt64Array(1);
const floatWords = new Int32Array(float.buffer);
const bigWords = new Int32Array(big.buffer);

/** Add a word to a hash, as MurmurHash3 does. */
function mixed(word: number, hash: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

const ofNumber: Hash = (value, hash) => {
  // Also a NaN, of which there are many.
  if (typeof value !== 'number' || Number.isNaN(value)) return mixed(other, hash);
  const word = value | 0;
  // A negative zero is equal to its word, too.
  if (value === word) return mixed(word, hash);
  float[0] = value;
  return mixed(floatWords[1] as number, mixed(floatWords[0] as number, hash));
};

const ofText: Hash = (value, hash) => {
  if (typeof value !== 'string') return mixed(other, hash);
  let h = hash;
  for (let i = 0; i < value.length; i++) h = Math.imul(h ^ value.charCodeAt(i), 0x01000193);
  return mixed(value.length, h);
};

const ofBytes: Hash = (value, hash) => {
  if (!(value instanceof Uint8Array)) return mixed(other, hash);
  let h = hash;
  for (let i = 0; i < value.length; i++) h = Math.imul(h ^ (value[i] as number), 0x01000193);
  return mixed(value.length, h);
};

/** By column type. Values of `json` and `any` are compared by nothing. */
const hashOf: Record<ColumnType, Hash> = {
  bool: (value, hash) => mixed(value === true ? 1 : value === false ? 0 : other, hash),
  int8: ofNumber,
  int16: ofNumber,
  int32: ofNumber,
  uint8: ofNumber,
  uint16: ofNumber,
  uint32: ofNumber,
  float32: (value, hash) => ofNumber(typeof value === 'number' ? Math.fround(value) : value, hash),
  float64: ofNumber,
  bigint64: (value, hash) => {
    if (typeof value !== 'bigint') return mixed(other, hash);
    big[0] = value;
    return mixed(bigWords[1] as number, mixed(bigWords[0] as number, hash));
  },
  timestamp: (value, hash) => ofNumber(value instanceof Date ? value.getTime() : value, hash),
  label: ofText,
  string: ofText,
  bytes: ofBytes,
  json: (_, hash) => mixed(other, hash),
  any: (_, hash) => mixed(other, hash),
};
