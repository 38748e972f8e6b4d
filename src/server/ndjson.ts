/**
 * Splits a stream of bytes into the lines of NDJSON, of bounded length, without ever searching or copying
 * a byte twice.
 *
 * All whole lines of a chunk are decoded by one call. What is left of the chunk waits as bytes, so a
 * character that a chunk border cuts is whole again when it is decoded. Lines end with LF or CRLF; blank
 * ones are counted and skipped; the last may lack its end.
 */
import { isUtf8 } from 'node:buffer';
import type { BufferShare } from './buffer-budget.js';
import { HeldBytes } from './held-bytes.js';

/** A line that cannot be read as text. */
export interface BadLine {
  readonly code: 'line_too_long' | 'invalid_utf8';
  readonly message: string;
}

const newline = 0x0a;
const invalidUtf8: BadLine = { code: 'invalid_utf8', message: 'the line is not valid UTF-8' };

export class LineSplitter {
  /** The number of the line that was given last, from 1. */
  line = 0;
  /** The start of a line whose end has not come yet. */
  readonly #held: HeldBytes;
  /** Whether that line is too long already, so that its bytes are dropped until it ends. */
  #skipping = false;

  constructor(
    readonly maxLineBytes: number,
    share: Pick<BufferShare, 'hold'>,
  ) {
    this.#held = new HeldBytes(share, maxLineBytes);
  }

  /** The lines that this chunk completes. Take all of them before the next chunk. */
  *split(chunk: Buffer): Generator<string | BadLine> {
    const last = chunk.lastIndexOf(newline);
    let start = 0;
    if (last >= 0 && (this.#held.length > 0 || this.#skipping)) {
      const first = chunk.indexOf(newline);
      this.#keep(chunk.subarray(0, first));
      yield* this.end();
      start = first + 1;
    }
    if (start <= last) yield* this.#lines(chunk.subarray(start, last));
    this.#keep(chunk.subarray(last + 1));
  }

  /** What is left when the stream has ended: the last line, if it has no newline. */
  *end(): Generator<string | BadLine> {
    if (this.#skipping) {
      this.#skipping = false;
      this.line++;
      yield this.#tooLong();
    } else if (this.#held.length > 0) {
      const { bytes } = this.#held;
      this.#held.clear();
      yield* this.#lines(bytes);
    }
  }

  /** Lines between newlines; the last one's newline is left out. */
  *#lines(bytes: Buffer): Generator<string | BadLine> {
    if (!isUtf8(bytes)) {
      yield* this.#linesOneByOne(bytes);
      return;
    }
    const text = bytes.toString('utf8');
    for (let start = 0, end = 0; end >= 0; start = end + 1) {
      end = text.indexOf('\n', start);
      this.line++;
      const line = end < 0 ? text.slice(start) : text.slice(start, end);
      if (this.#isTooLong(line)) yield this.#tooLong();
      else {
        const content = line.trim();
        if (content !== '') yield content;
      }
    }
  }

  /** The same when a bad byte is among them: only its own line is bad. */
  *#linesOneByOne(bytes: Buffer): Generator<string | BadLine> {
    for (let start = 0, end = 0; end >= 0; start = end + 1) {
      end = bytes.indexOf(newline, start);
      const line = end < 0 ? bytes.subarray(start) : bytes.subarray(start, end);
      if (isUtf8(line)) yield* this.#lines(line);
      else {
        this.line++;
        yield invalidUtf8;
      }
    }
  }

  #keep(bytes: Buffer): void {
    if (this.#skipping) return;
    this.#skipping = this.#held.length + bytes.length > this.maxLineBytes;
    if (this.#skipping) this.#held.clear();
    else if (bytes.length > 0) this.#held.add(bytes);
  }

  /** Counts bytes only when the number of UTF-16 units leaves it open. */
  #isTooLong(line: string): boolean {
    const max = this.maxLineBytes;
    return line.length > max || (line.length * 3 > max && Buffer.byteLength(line) > max);
  }

  #tooLong(): BadLine {
    return { code: 'line_too_long', message: `the line is longer than ${this.maxLineBytes} bytes` };
  }
}
