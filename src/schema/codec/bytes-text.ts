/**
 * Bytes as texts: base64 where JSON has to hold them, Latin-1 where they are the key of a Map.
 */
import { Buffer } from 'node:buffer';

/** Bytes as base64, padded. */
export function toBase64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

/** The bytes of a base64 text; undefined for every other value, a text without its padding included. */
export function fromBase64(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  // Buffer skips what is not base64: only a text that comes out again was base64.
  return bytes.toString('base64') === value ? bytes : undefined;
}

/** A text that is the same for the same bytes, and only for them. */
export function keyOfBytes(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
