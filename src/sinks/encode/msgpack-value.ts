/**
 * The heads of MessagePack's types, and the bytes of any value.
 */
import { WireBuffer } from '../wire/wire-buffer.js';
import { writeBytes, writeString } from './byte-text.js';

/** One for all values: a new one would cost more than most values. */
const scratch = new WireBuffer(2 ** 30);
/** Values may contain each other: a circle has no end. */
const deepest = 512;

/** @throws TypeError for a value in a circle, and for a bigint of more than 64 bits. */
export function msgpackOf(value: unknown): Buffer {
  scratch.clear();
  writeValue(scratch, value, 0);
  return Buffer.from(scratch.written);
}

export function writeNil(into: WireBuffer): void {
  writeByte(into, 0xc0);
}

export function writeByte(into: WireBuffer, byte: number): void {
  into.reserve(1);
  into.bytes[into.at++] = byte;
}

/** A whole number whose absolute value is below 2^53, in the fewest bytes. */
export function writeInt(into: WireBuffer, value: number): void {
  into.reserve(9);
  const { bytes, view, at } = into;
  if (value >= -32 && value < 128) {
    bytes[at] = value & 0xff;
    into.at += 1;
  } else if (value >= 0 ? value < 256 : value >= -128) {
    bytes[at] = value >= 0 ? 0xcc : 0xd0;
    bytes[at + 1] = value & 0xff;
    into.at += 2;
  } else if (value >= 0 ? value < 65_536 : value >= -32_768) {
    bytes[at] = value >= 0 ? 0xcd : 0xd1;
    view.setUint16(at + 1, value & 0xffff);
    into.at += 3;
  } else if (value >= 0 ? value < 2 ** 32 : value >= -(2 ** 31)) {
    bytes[at] = value >= 0 ? 0xce : 0xd2;
    view.setUint32(at + 1, value >>> 0);
    into.at += 5;
  } else writeBigint(into, BigInt(value));
}

/** An integer of 64 bits. */
export function writeBigint(into: WireBuffer, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) throw new TypeError('a bigint of more than 64 bits');
  into.reserve(9);
  into.bytes[into.at] = 0xd3;
  into.view.setBigInt64(into.at + 1, value);
  into.at += 9;
}

export function writeDouble(into: WireBuffer, value: number): void {
  into.reserve(9);
  into.bytes[into.at] = 0xcb;
  into.view.setFloat64(into.at + 1, value);
  into.at += 9;
}

export function writeStrHead(into: WireBuffer, bytes: number): void {
  if (bytes < 32) writeByte(into, 0xa0 | bytes);
  else if (bytes < 256) writeHead8(into, 0xd9, bytes);
  else if (bytes < 65_536) writeHead16(into, 0xda, bytes);
  else writeHead32(into, 0xdb, bytes);
}

export function writeBinHead(into: WireBuffer, bytes: number): void {
  if (bytes < 256) writeHead8(into, 0xc4, bytes);
  else if (bytes < 65_536) writeHead16(into, 0xc5, bytes);
  else writeHead32(into, 0xc6, bytes);
}

export function writeMapHead(into: WireBuffer, size: number): void {
  if (size < 16) writeByte(into, 0x80 | size);
  else if (size < 65_536) writeHead16(into, 0xde, size);
  else writeHead32(into, 0xdf, size);
}

export function writeArrayHead(into: WireBuffer, length: number): void {
  if (length < 16) writeByte(into, 0x90 | length);
  else if (length < 65_536) writeHead16(into, 0xdc, length);
  else writeHead32(into, 0xdd, length);
}

/** The extension type timestamp: nanoseconds and seconds. */
export function writeTime(into: WireBuffer, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  // A double of today's milliseconds holds less than a nanosecond's part.
  const nanoseconds = Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6));
  into.reserve(15);
  const { bytes, view, at } = into;
  bytes[at] = 0xc7;
  bytes[at + 1] = 12;
  bytes[at + 2] = 0xff;
  view.setUint32(at + 3, nanoseconds);
  view.setInt32(at + 7, Math.floor(seconds / 2 ** 32));
  view.setUint32(at + 11, seconds >>> 0);
  into.at += 15;
}

/** A string in UTF-8. */
export function writeStr(into: WireBuffer, text: string): void {
  writeStrHead(into, Buffer.byteLength(text));
  writeString(into, text);
}

export function writeBin(into: WireBuffer, bytes: Uint8Array): void {
  writeBinHead(into, bytes.length);
  writeBytes(into, bytes);
}

function writeValue(into: WireBuffer, value: unknown, depth: number): void {
  if (depth > deepest) throw new TypeError('values are nested too deep');
  if (typeof value === 'string') writeStr(into, value);
  else if (typeof value === 'boolean') writeByte(into, value ? 0xc3 : 0xc2);
  else if (typeof value === 'bigint') writeBigint(into, value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) writeInt(into, value);
    else writeDouble(into, value);
  } else if (typeof value === 'object' && value !== null) writeObject(into, value, depth + 1);
  else writeNil(into);
}

function writeObject(into: WireBuffer, value: object, depth: number): void {
  if (value instanceof Date) writeTime(into, value.getTime());
  else if (value instanceof Uint8Array) writeBin(into, value);
  else if (value instanceof ArrayBuffer) writeBin(into, new Uint8Array(value));
  else if (value instanceof RegExp) writeStr(into, String(value));
  else if (value instanceof Error) writeEntries(into, Object.entries(errorOf(value)), depth);
  else if (Array.isArray(value) || value instanceof Set || ArrayBuffer.isView(value)) {
    const items = Array.from(value as Iterable<unknown>);
    writeArrayHead(into, items.length);
    for (const item of items) writeValue(into, item, depth);
  } else writeEntries(into, value instanceof Map ? [...value] : Object.entries(value), depth);
}

const errorOf = ({ name, message }: Error) => ({ name, message });

function writeEntries(into: WireBuffer, entries: readonly [unknown, unknown][], depth: number): void {
  writeMapHead(into, entries.length);
  for (const [key, value] of entries) {
    writeValue(into, key, depth);
    writeValue(into, value, depth);
  }
}

function writeHead8(into: WireBuffer, type: number, length: number): void {
  into.reserve(2);
  into.bytes[into.at] = type;
  into.bytes[into.at + 1] = length;
  into.at += 2;
}

function writeHead16(into: WireBuffer, type: number, length: number): void {
  into.reserve(3);
  into.bytes[into.at] = type;
  into.view.setUint16(into.at + 1, length);
  into.at += 3;
}

function writeHead32(into: WireBuffer, type: number, length: number): void {
  into.reserve(5);
  into.bytes[into.at] = type;
  into.view.setUint32(into.at + 1, length);
  into.at += 5;
}
