/**
 * A text for any value that was read from a batch: equal values have equal texts, so that it can be the key of a Map.
 * What V8 serializes cannot: equal values differ in it by how V8 happens to hold their numbers and texts.
 */
import { Buffer } from 'node:buffer';
import { keyOfBytes } from './bytes-text.js';

/** The key of a value. Values that differ in anything that `structuredClone` keeps have different ones. */
export function keyOfValue(value: unknown): string {
  return keyOf(value, new Map());
}

/** @param seen the objects that were met before, by their number. */
function keyOf(value: unknown, seen: Map<object, number>): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : `${value}`;
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : keyOfObject(value, seen);
    default:
      return `${value}`;
  }
}

function keyOfObject(object: object, seen: Map<object, number>): string {
  const number = seen.get(object);
  if (number !== undefined) return `#${number}`;
  seen.set(object, seen.size);
  const list = (values: Iterable<unknown>) => Array.from(values, (value) => keyOf(value, seen)).join();
  const members = () =>
    Object.entries(object)
      .map(([key, value]) => `${JSON.stringify(key)}:${keyOf(value, seen)}`)
      .join();
  if (Array.isArray(object)) {
    const { length } = object;
    // A hole, or a member with a name: then members are listed with their keys.
    return Object.keys(object).length === length && !object.includes(undefined)
      ? `[${list(object)}]`
      : `[${length};${members()}]`;
  }
  if (object instanceof Map) return `Map(${list([...object].flat(1))})`;
  if (object instanceof Set) return `Set(${list(object)})`;
  if (object instanceof Date) return `Date(${object.getTime()})`;
  if (object instanceof RegExp) return `RegExp(${object})`;
  const name = nameOf(object);
  if (object instanceof Error)
    return `${name}(${list([object.name, object.message, object.stack, object.cause])})`;
  if (object instanceof ArrayBuffer) return `${name}(${keyOfBytes(new Uint8Array(object))})`;
  if (ArrayBuffer.isView(object)) {
    return `${name}(${keyOfBytes(Buffer.from(object.buffer, object.byteOffset, object.byteLength))})`;
  }
  if (
    object instanceof Number ||
    object instanceof String ||
    object instanceof Boolean ||
    object instanceof BigInt
  )
    return `${name}(${keyOf(object.valueOf(), seen)})`;
  return `{${members()}}`;
}

/** By its prototype: an own property of the name "constructor" is data. */
function nameOf(object: object): string {
  return Object.getPrototypeOf(object).constructor.name;
}
