/**
 * Reads the parts of a message one after another. Each length is compared with what is left before anything is made
 * of it, so a damaged message costs no memory.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { PackedMessageError } from '../errors.js';
import { type TextMode, textMode } from '../schema/codec/text-codec.js';
import { isLittleEndian, swapBytes } from './byte-order.js';
import { aligned, headStart } from './form.js';
import { isWtf8 } from './wtf8.js';

/** A class of arrays of numbers. */
interface ArrayClass<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): A;
}

export function damaged(what: string, options?: ErrorOptions): PackedMessageError {
  return new PackedMessageError('damaged', `the packed message is damaged: ${what}`, options);
}

export class MessageReader {
  /** Where the next part begins. */
  #at = headStart;

  /** @param bytes the message, which begins at a multiple of 8 in its memory and is not shared. */
  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  /** Whether all parts have been read. */
  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** The next bytes, a view of the message. @throws PackedMessageError where it does not have so many. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#at;
    if (!(length <= this.bytes.length - at)) throw damaged(`a part of ${length} bytes does not fit`);
    // The last part is filled up like others.
    this.#at = Math.min(aligned(at + length), this.bytes.length);
    return this.bytes.subarray(at, at + length);
  }

  /** The next numbers, a view of the message. */
  array<A>(Type: ArrayClass<A>, length: number): A {
    const bytes = this.take(length * Type.BYTES_PER_ELEMENT);
    if (!isLittleEndian) swapBytes(bytes, Type.BYTES_PER_ELEMENT);
    return new Type(bytes.buffer, bytes.byteOffset, length);
  }

  /** Eight bytes that say what follows: four small numbers, and how much of it there is. */
  note(): { readonly bytes: Uint8Array; readonly count: number } {
    const bytes = this.take(8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    return { bytes, count: view.getUint32(4, true) };
  }

  /** Numbers from 0 on, which `narrow` wrote in elements of so many bytes; fresh memory. */
  narrow(width: number | undefined, length: number): Int32Array<ArrayBuffer> {
    if (width === 1) return Int32Array.from(this.array(Uint8Array, length));
    if (width === 2) return Int32Array.from(this.array(Uint16Array, length));
    if (width === 4) return Int32Array.from(this.array(Int32Array, length));
    throw damaged(`numbers of ${width} bytes`);
  }

  /** The bytes of texts, of a mode that says how they are decoded. */
  texts(mode: number | undefined, length: number): { bytes: Uint8Array<ArrayBuffer>; mode: TextMode } {
    const bytes = this.take(length);
    const fits =
      (mode === textMode.ascii && isAscii(bytes)) ||
      (mode === textMode.utf8 && isUtf8(bytes)) ||
      (mode === textMode.wtf8 && isWtf8(bytes));
    if (!fits) throw damaged('texts that are none');
    return { bytes, mode: mode as TextMode };
  }
}
