/**
 * The parts of a message before it is one: arrays that are copied once, when all sizes are known.
 */
import { isLittleEndian, swapBytes } from './byte-order.js';
import { aligned, headStart } from './form.js';

export class Parts {
  readonly #parts: ArrayBufferView[] = [];
  /** Where the next part begins. */
  #at = headStart;

  /** How long the message is. */
  get bytes(): number {
    return this.#at;
  }

  add(part: ArrayBufferView): void {
    this.#parts.push(part);
    this.#at = aligned(this.#at + part.byteLength);
  }

  /** Eight bytes that say what follows. */
  addNote(bytes: readonly number[], count = 0): void {
    const note = new Uint8Array(8);
    note.set(bytes);
    new DataView(note.buffer).setUint32(4, count, true);
    this.add(note);
  }

  /** Copy all parts into fresh memory, behind `headStart` bytes of zeros. */
  join(): Uint8Array<ArrayBuffer> {
    const message = new Uint8Array(this.#at);
    let at = headStart;
    for (const part of this.#parts) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      message.set(bytes, at);
      const width = (part as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
      if (!isLittleEndian) swapBytes(message.subarray(at, at + bytes.length), width);
      at = aligned(at + bytes.length);
    }
    return message;
  }
}

/** An array of numbers from 0 on, in elements as small as the largest of them allows. */
export function narrow(values: Int32Array, largest: number): Uint8Array | Uint16Array | Int32Array {
  if (largest <= 0xff) return Uint8Array.from(values);
  return largest <= 0xffff ? Uint16Array.from(values) : values;
}
