/**
 * Compresses to Snappy's block format, which remote write asks for.
 *
 * It looks for repeats as Snappy's own implementation does: a table has the last place of each hash of four bytes, and
 * the input is cut into parts of 64 KiB, so that places are within reach. Label names repeat in each series, which is
 * most of what can be saved.
 */

const partBytes = 65_536;
const tableBits = 14;
/** The least that one copy with an offset of two bytes saves something on. */
const leastMatch = 4;
const mostOfCopy = 64;

/** @returns the compressed bytes: the length, then literals and copies. */
export function snappy(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const output = new Output(input.length);
  output.length(input.length);
  const table = new Uint16Array(1 << tableBits);
  for (let from = 0; from < input.length; from += partBytes) {
    table.fill(0);
    compressPart(input.subarray(from, from + partBytes), table, output);
  }
  return output.finish();
}

function compressPart(part: Uint8Array, table: Uint16Array, output: Output): void {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.length);
  let literal = 0;
  let at = 1;
  // Bytes without a repeat are passed in growing steps: what cannot be compressed is not searched byte by byte.
  let misses = 32;
  while (at + leastMatch <= bytes.length) {
    const word = bytes.readUInt32LE(at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - tableBits);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (candidate >= at || bytes.readUInt32LE(candidate) !== word) {
      at += misses++ >> 5;
      continue;
    }
    let end = at + leastMatch;
    while (end < bytes.length && bytes[end] === bytes[candidate + end - at]) end++;
    output.literal(bytes, literal, at);
    output.copy(at - candidate, end - at);
    at = end;
    literal = end;
    misses = 32;
  }
  output.literal(bytes, literal, bytes.length);
}

class Output {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  /** @param inputBytes of which none can be compressed at the worst. */
  constructor(inputBytes: number) {
    this.#bytes = new Uint8Array(32 + inputBytes + Math.ceil(inputBytes / 6));
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  length(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    this.#byte(rest);
  }

  literal(bytes: Uint8Array, from: number, to: number): void {
    const last = to - from - 1;
    if (last < 0) return;
    // Parts are not longer than two bytes can say.
    if (last < 60) this.#byte(last << 2);
    else if (last < 256) this.#byte(60 << 2, last);
    else this.#byte(61 << 2, last & 0xff, last >> 8);
    this.#bytes.set(bytes.subarray(from, to), this.#at);
    this.#at += to - from;
  }

  copy(offset: number, length: number): void {
    for (let left = length; left > 0; left -= mostOfCopy) {
      const taken = Math.min(left, mostOfCopy);
      this.#byte(((taken - 1) << 2) | 2, offset & 0xff, offset >> 8);
    }
  }

  #byte(...bytes: number[]): void {
    for (const byte of bytes) this.#bytes[this.#at++] = byte;
  }
}
