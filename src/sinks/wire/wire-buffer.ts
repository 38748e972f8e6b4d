/**
 * A growing buffer for messages to a server. One serves all batches of a connection: the server's answer to a message
 * shows that no byte of it is needed any more.
 */

const fewestBytes = 64 * 1024;
/** More memory than ordinary batches need is not kept for the next one. */
const mostKeptBytes = 8 * 2 ** 20;

/** Rows whose message would be larger than the server takes. Halves of them may fit; a row alone is given up. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'ERR_MESSAGE_TOO_LARGE';
  readonly verdict = 'fatal';
  readonly reason = 'overload';
  readonly split = true;

  constructor(bytes: number) {
    super(`the rows need a message of more than ${bytes} bytes`);
  }
}

export class WireBuffer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  /** Where the next byte goes. */
  at = 0;

  /** @param mostBytes the most that it may hold. */
  constructor(private readonly mostBytes: number) {
    this.#bytes = new Uint8Array(Math.min(fewestBytes, mostBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The memory; another one after `reserve`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The same memory. */
  get view(): DataView {
    return this.#view;
  }

  /** What has been written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.at);
  }

  /** Forget what has been written. */
  clear(): void {
    this.at = 0;
    if (this.#bytes.length <= mostKeptBytes) return;
    this.#bytes = new Uint8Array(Math.min(fewestBytes, this.mostBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /**
   * Make sure that so many more bytes have room.
   * @throws MessageTooLargeError
   */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.#bytes.length) return;
    if (needed > this.mostBytes) throw new MessageTooLargeError(this.mostBytes);
    const larger = new Uint8Array(Math.min(this.mostBytes, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/**
 * Turn sizes into places, one behind the other.
 * @returns the end of the last one.
 */
export function toPlaces(sizes: Int32Array, from: number): number {
  let at = from;
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] as number;
    sizes[i] = at;
    at += size;
  }
  return at;
}
