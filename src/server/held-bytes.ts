/**
 * Bytes that wait for the ones behind them: an unfinished line, or a JSON body.
 *
 * One buffer holds them all, so a body that comes in pieces of one byte takes no more memory than another. The size
 * of the buffer counts in the service's budget.
 */
import type { BufferShare } from './buffer-budget.js';

const none = Buffer.alloc(0);

export class HeldBytes {
  #buffer = none;
  #length = 0;

  /** @param maxLength bytes that the caller adds at most. */
  constructor(
    private readonly share: Pick<BufferShare, 'hold'>,
    private readonly maxLength: number,
  ) {}

  get length(): number {
    return this.#length;
  }

  /** @throws RequestFault 503 when all requests together hold too much; nothing is added then. */
  add(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) this.#grow(length);
    bytes.copy(this.#buffer, this.#length);
    this.#length = length;
  }

  /** All that was added; valid until the next call. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#buffer = none;
    this.#length = 0;
    this.share.hold(0);
  }

  /** Double the buffer at least, so that single bytes do not copy it each time. */
  #grow(length: number): void {
    const size = Math.max(length, Math.min(2 * this.#buffer.length, this.maxLength));
    this.share.hold(size);
    const grown = Buffer.allocUnsafe(size);
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
