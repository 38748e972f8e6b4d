/**
 * The texts of a batch, decoded when they are read: a chunk at a time, and each text cut out of its chunk.
 */
import { decodeText, type TextMode, textMode } from '../../codec/text-codec.js';

/**
 * To decode a text costs ten times as much as to cut it out of a decoded one. But V8 gives a string of more than 128 KB
 * a mapping of its own, and each of its pages costs a page fault.
 */
const chunkBits = 15;
const chunkBytes = 1 << chunkBits;

/** The texts of all text columns of a batch, as they lay in the ring: row after row, column after column. */
export class TextRegion {
  /** ASCII is decoded a chunk at a time. */
  readonly #chunks: string[] = [];

  constructor(
    readonly bytes: Uint8Array,
    readonly mode: TextMode,
  ) {}

  /** The text between two byte positions. */
  slice(start: number, end: number): string {
    const chunk = start >> chunkBits;
    const from = chunk << chunkBits;
    // Few texts lie across two chunks; those that are longer than one are decoded each time they are read.
    if (this.mode !== textMode.ascii || end > from + chunkBytes) {
      return decodeText(this.bytes, start, end, this.mode);
    }
    this.#chunks[chunk] ??= decodeText(this.bytes, from, from + chunkBytes, textMode.ascii);
    return this.#chunks[chunk].substring(start - from, end - from);
  }
}
