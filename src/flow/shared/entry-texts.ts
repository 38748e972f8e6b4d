/**
 * The texts of schemas that were added to a running flow, in shared memory.
 *
 *     STATE × entries │ LENGTH × entries │ text × entries          4 bytes, 4 bytes and 16 KiB each
 *
 * The system gives a page of memory when it is first touched, so entries that are not used take none.
 */
import type { EntryTexts, SchemaEntry } from './schema-registry.js';

/** Most bytes of a schema's text, in UTF-8: 512 columns of names of 16 letters. */
export const textBytes = 16_384;
/** Entries beside those that may become ready: so many threads may die while they write. */
const spare = 8;
const wordBytes = Int32Array.BYTES_PER_ELEMENT;

/** @param most how many schemas may be added. */
export function createEntries(most: number): SharedArrayBuffer {
  const entries = most === 0 ? 0 : most + spare;
  return new SharedArrayBuffer(entries * (2 * wordBytes + textBytes));
}

export class SharedTexts implements EntryTexts {
  /** The states of the entries. */
  readonly states: Int32Array;
  /** How many schemas may be added. */
  readonly most: number;
  readonly #lengths: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    const entries = memory.byteLength / (2 * wordBytes + textBytes);
    this.most = Math.max(0, entries - spare);
    this.states = new Int32Array(memory, 0, entries);
    this.#lengths = new Int32Array(memory, entries * wordBytes, entries);
    this.#bytes = new Uint8Array(memory, 2 * entries * wordBytes);
  }

  store(entry: number, { name, columns }: SchemaEntry): void {
    const bytes = Buffer.from(JSON.stringify([name, columns]));
    this.#lengths[entry] = bytes.length;
    this.#bytes.set(bytes, entry * textBytes);
  }

  load(entry: number): SchemaEntry {
    const start = entry * textBytes;
    const bytes = this.#bytes.slice(start, start + (this.#lengths[entry] as number));
    const [name, columns] = JSON.parse(Buffer.from(bytes.buffer).toString()) as [string, string];
    return { name, columns };
  }
}

/** Bytes of a schema's text. */
export function sizeOf({ name, columns }: SchemaEntry): number {
  return Buffer.byteLength(JSON.stringify([name, columns]));
}
