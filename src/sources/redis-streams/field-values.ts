/**
 * Values of fields, by the type of their column: texts as the Redis sink writes them, and as other programs mostly do.
 */
import { isUtf8 } from 'node:buffer';
import { unpackAny } from '../../schema/codec/any-codec.js';
import { compact } from '../../schema/codec/json-scan.js';
import { JsonText } from '../../schema/codec/json-text.js';
import type { ColumnType } from '../../schema/columns/columns.js';
import { isoTimeMs } from '../../schema/columns/types/iso-time.js';

/** What stands for a text that is none of its column's type. */
export const noValue = Symbol('no value');

/** The value that `push` takes, or `noValue`. */
export type FieldValue = (bytes: Buffer) => unknown;

const integer = /^-?\d{1,20}$/;
const decimal = /^-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const noNumber: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

const whole = (bytes: Buffer) => {
  const text = bytes.toString('latin1');
  return integer.test(text) ? Number(text) : noValue;
};

const float = (bytes: Buffer) => {
  const text = bytes.toString('latin1');
  return decimal.test(text) || noNumber.has(text) ? Number(text) : noValue;
};

const string = (bytes: Buffer) => (isUtf8(bytes) ? bytes.toString() : noValue);

const bools: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
]);

/** Years of more than four digits, as JavaScript writes them. */
const farTime = /^[-+]\d{6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/;
/** What is behind milliseconds. */
const microseconds = /\.\d{3}(\d+)/;

function timestamp(bytes: Buffer): unknown {
  const text = bytes.toString('latin1');
  if (decimal.test(text)) return Number(text);
  const ms = farTime.test(text) ? Date.parse(text) : isoTimeMs(text);
  if (Number.isNaN(ms)) return noValue;
  const [, rest] = microseconds.exec(text) ?? [];
  return rest === undefined ? ms : ms + Number(`0.${rest}`);
}

function json(bytes: Buffer): unknown {
  const text = string(bytes);
  if (typeof text !== 'string') return noValue;
  try {
    JSON.parse(text);
  } catch {
    return noValue;
  }
  return new JsonText(compact(text, 0, text.length));
}

function any(bytes: Buffer): unknown {
  try {
    return unpackAny(bytes);
  } catch {
    return noValue;
  }
}

export const fieldValues: Readonly<Record<ColumnType, FieldValue>> = {
  bool: (bytes) => bools.get(bytes.toString('latin1')) ?? noValue,
  int8: whole,
  int16: whole,
  int32: whole,
  uint8: whole,
  uint16: whole,
  uint32: whole,
  float32: float,
  float64: float,
  bigint64: (bytes) => {
    const text = bytes.toString('latin1');
    return integer.test(text) ? BigInt(text) : noValue;
  },
  timestamp,
  label: string,
  string,
  json,
  bytes: (bytes) => bytes,
  any,
};
