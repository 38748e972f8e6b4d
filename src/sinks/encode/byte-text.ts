/**
 * Bytes that are written as they are, and texts that exist as strings only.
 */
import {
  type ByteSource,
  bufferOf,
  copyBytes,
  copyPiece,
  type Piece,
  pieceSlack,
  sourceOf,
} from '../wire/copy-bytes.js';
import type { WireBuffer } from '../wire/wire-buffer.js';
import type { RowWrite } from './row-writer.js';

/** Write bytes that are written often: those of a key, say. */
export function writePiece(into: WireBuffer, piece: Piece): void {
  into.reserve(piece.length + pieceSlack);
  copyPiece(piece, into.view, into.at);
  into.at += piece.length;
}

/** Write all of some bytes. */
export function writeBytes(into: WireBuffer, bytes: Uint8Array): void {
  into.reserve(bytes.length);
  into.bytes.set(bytes, into.at);
  into.at += bytes.length;
}

/** Write a part of bytes. */
export function writeSlice(into: WireBuffer, source: ByteSource, start: number, end: number): void {
  into.reserve(end - start);
  copyBytes(source, start, end - start, into, into.at);
  into.at += end - start;
}

/** Writes one of some values in each row, which lie one behind the other: `ids` says which. */
export function valueWriter(ids: Int32Array, values: readonly Uint8Array[]): RowWrite {
  const source = sourceOf(Buffer.concat(values));
  const places = new Int32Array(values.length + 1);
  for (let id = 0; id < values.length; id++)
    places[id + 1] = (places[id] as number) + (values[id] as Uint8Array).length;
  return (into, row) => {
    const id = ids[row] as number;
    writeSlice(into, source, places[id] as number, places[id + 1] as number);
  };
}

/** Shorter texts get the room that they need at most, without a look at them. */
const shortText = 64;

/** Write a string in UTF-8; half a surrogate pair becomes U+FFFD. */
export function writeString(into: WireBuffer, text: string): void {
  into.reserve(text.length > shortText ? Buffer.byteLength(text) : text.length * 3);
  into.at += bufferOf(into.bytes).write(text, into.at);
}
