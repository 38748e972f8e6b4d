/**
 * A growing buffer for messages to the server. One serves all batches of a connection: the server's answer to a message
 * shows that no byte of it is needed any more.
 */

/** Fewer bytes than the server takes in one message, 2^30; and all positions fit into 31 bits. */
const mostBytes = 2 ** 29;
const fewestBytes = 64 * 1024;
/** More memory than ordinary batches need is not kept for the next one. */
const mostKeptBytes = 8 * 2 ** 20;

/** Rows whose message would be larger than the server takes. Halves of them may fit. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'ERR_MESSAGE_TOO_LARGE';

  constructor() {
    super(`the rows need a message of more than ${mostBytes / 2 ** 20} MB`);
  }
}

export class MessageBuffer {
  #bytes = new Uint8Array(fewestBytes);
  #view = new DataView(this.#bytes.buffer);
  /** Where the next byte goes. */
  at = 0;

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
    this.#bytes = new Uint8Array(fewestBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /**
   * Make sure that so many more bytes have room.
   * @throws MessageTooLargeError
   */
  reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.#bytes.length) return;
    if (needed > mostBytes) throw new MessageTooLargeError();
    const larger = new Uint8Array(Math.min(mostBytes, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.written);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  int16(value: number): void {
    this.reserve(2);
    this.#view.setInt16(this.at, value);
    this.at += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.#view.setInt32(this.at, value);
    this.at += 4;
  }

  /** A text with the zero byte that ends it. */
  text(value: string): void {
    this.reserve(3 * value.length + 1);
    this.at += encoder.encodeInto(value, this.#bytes.subarray(this.at)).written;
    this.#bytes[this.at++] = 0;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A message: its type, its length, and what `body` writes. */
  message(type: string, body: () => void): void {
    this.reserve(5);
    this.#bytes[this.at] = type.charCodeAt(0);
    const start = this.at + 1;
    this.at += 5;
    body();
    this.#view.setInt32(start, this.at - start);
  }
}

const encoder = new TextEncoder();
