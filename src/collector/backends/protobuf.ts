/**
 * Writes protobuf messages, as far as backends need them. The caller knows the fields' numbers and their types.
 *
 * Fields of scalar types are written whatever their value; callers leave out what the message can do without.
 */

/** The wire types. */
const varintType = 0;
const fixed64Type = 1;
const bytesType = 2;

const fewestBytes = 16 * 1024;

export class ProtobufWriter {
  #bytes = Buffer.alloc(fewestBytes);
  #at = 0;

  /** What has been written, as bytes of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    const written = new Uint8Array(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return written;
  }

  /** uint32, uint64, enum and bool; int32 and int64 that are not negative. Up to 2^53. */
  uint(field: number, value: number): void {
    this.#tag(field, varintType);
    this.#varint(value);
  }

  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  double(field: number, value: number): void {
    this.#tag(field, fixed64Type);
    this.#double(value);
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, fixed64Type);
    this.#fixed64(value);
  }

  string(field: number, text: string): void {
    this.#tag(field, bytesType);
    const bytes = Buffer.byteLength(text);
    this.#varint(bytes);
    this.#reserve(bytes);
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** A message within this one, and its fields. */
  message(field: number, write: () => void): void {
    this.#tag(field, bytesType);
    this.#reserve(1);
    const from = ++this.#at;
    write();
    const length = this.#at - from;
    const behind = varintBytes(length) - 1;
    if (behind > 0) {
      this.#reserve(behind);
      this.#bytes.copyWithin(from + behind, from, this.#at);
    }
    this.#at = from - 1;
    this.#varint(length);
    this.#at += length;
  }

  packedDoubles(field: number, values: ArrayLike<number>): void {
    this.#packed(field, values, (value) => this.#double(value));
  }

  packedFixed64(field: number, values: readonly bigint[]): void {
    this.#packed(field, values, (value) => this.#fixed64(value));
  }

  packedUints(field: number, values: ArrayLike<number>): void {
    this.#packed(field, values, (value) => this.#varint(value));
  }

  packedSints(field: number, values: ArrayLike<number>): void {
    this.#packed(field, values, (value) => this.#varint(zigzag(value)));
  }

  #packed<T>(field: number, values: ArrayLike<T>, write: (value: T) => void): void {
    if (values.length === 0) return;
    this.message(field, () => {
      for (let i = 0; i < values.length; i++) write(values[i] as T);
    });
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      // Above 2^32, bit operations would lose bits; the lowest seven are the same.
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  #double(value: number): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  #fixed64(value: bigint): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeBigUInt64LE(value, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#at + bytes));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/** Small negative numbers as small numbers. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}
