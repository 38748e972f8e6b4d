/**
 * Splits a stream of bytes into the lines of NDJSON, of bounded length, without searching or copying a byte twice.
 *
 * One call decodes all whole lines of a chunk. A line is a pair of places in that text, so a line that is only counted
 * costs no string. The rest of the chunk waits as bytes: a character that a chunk border cuts is decoded as a whole.
 * Lines end with LF or CRLF; blank ones are counted and skipped; the last one may lack its end. White space around a
 * line is removed, byte order marks too, as in files that were concatenated.
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
const nothing: Buffer = Buffer.alloc(0);
const invalidUtf8: BadLine = { code: 'invalid_utf8', message: 'the line is not valid UTF-8' };

export class LineSplitter {
  /** The number of the line at hand, from 1. */
  line = 0;
  /** The text that holds the line at hand, from `start` to `end`. */
  text = '';
  start = 0;
  end = 0;
  /** Why the line at hand has no text. */
  fault: BadLine | undefined;

  /** Where the next line of `text` begins; below 0 when there is none. */
  #next = -1;
  /** Whole lines of which some are not UTF-8, and where the next of them begins. */
  #spoiled = nothing;
  #nextSpoiled = -1;
  /** The part of the chunk that is not searched yet. */
  #chunk = nothing;
  #finished = false;
  /** The start of a line whose end has not come yet. */
  readonly #held: HeldBytes;
  /** Whether that line is too long already, so that its bytes are dropped until it ends. */
  #skipping = false;
  /** Whether the end of such a line has come. */
  #skipped = false;
  readonly #tooLong: BadLine;

  constructor(
    private readonly maxLineBytes: number,
    share: Pick<BufferShare, 'hold'>,
  ) {
    this.#held = new HeldBytes(share, maxLineBytes);
    this.#tooLong = {
      code: 'line_too_long',
      message: `the line is longer than ${maxLineBytes} bytes (maxLineBytes)`,
    };
  }

  /** Add the bytes that come next, after `next` has returned false. */
  add(chunk: Buffer): void {
    this.#chunk = chunk;
  }

  /** Note that no more bytes come: what is left is the last line. */
  finish(): void {
    this.#finished = true;
  }

  /**
   * Go on to the next line that is not blank.
   *
   * @returns false when more bytes have to come first.
   * @throws RequestFault 503 when the start of a line cannot be held until its end comes.
   */
  next(): boolean {
    for (;;) {
      if (this.#next >= 0) {
        if (this.#nextOfText()) return true;
      } else if (this.#nextSpoiled >= 0) {
        if (this.#nextOfSpoiled()) return true;
      } else if (this.#skipped) {
        this.#skipped = false;
        return this.#fail(this.#tooLong);
      } else if (!this.#readOn()) {
        this.text = '';
        return false;
      }
    }
  }

  /** @returns false for a blank line. */
  #nextOfText(): boolean {
    const start = this.#next;
    const newlineAt = this.text.indexOf('\n', start);
    const end = newlineAt < 0 ? this.text.length : newlineAt;
    this.#next = newlineAt < 0 ? -1 : newlineAt + 1;
    if (this.#isTooLong(start, end)) return this.#fail(this.#tooLong);
    this.line++;
    this.fault = undefined;
    return this.#trim(start, end);
  }

  /** @returns false for a line that is UTF-8: it is the text now. */
  #nextOfSpoiled(): boolean {
    const start = this.#nextSpoiled;
    const newlineAt = this.#spoiled.indexOf(newline, start);
    this.#nextSpoiled = newlineAt < 0 ? -1 : newlineAt + 1;
    const line = this.#spoiled.subarray(start, newlineAt < 0 ? undefined : newlineAt);
    if (!isUtf8(line)) return this.#fail(invalidUtf8);
    this.#readText(line);
    return false;
  }

  #fail(fault: BadLine): true {
    this.line++;
    this.fault = fault;
    this.start = this.end = 0;
    return true;
  }

  /**
   * Search what has come for lines.
   *
   * @returns whether there are any.
   */
  #readOn(): boolean {
    const chunk = this.#chunk;
    const held = this.#held.length > 0 || this.#skipping;
    const end = held ? chunk.indexOf(newline) : chunk.lastIndexOf(newline);
    if (end < 0) {
      this.#chunk = nothing;
      this.#hold(chunk);
      return this.#finished && this.#endHeld();
    }
    this.#chunk = chunk.subarray(end + 1);
    const bytes = chunk.subarray(0, end);
    if (!held) return this.#read(bytes);
    this.#hold(bytes);
    return this.#endHeld();
  }

  /** @param bytes lines between newlines; the last one's newline is left out. */
  #read(bytes: Buffer): true {
    if (isUtf8(bytes)) this.#readText(bytes);
    else {
      this.#spoiled = bytes;
      this.#nextSpoiled = 0;
    }
    return true;
  }

  #readText(bytes: Buffer): void {
    this.text = bytes.toString('utf8');
    this.#next = 0;
  }

  #hold(bytes: Buffer): void {
    if (this.#skipping) return;
    this.#skipping = this.#held.length + bytes.length > this.maxLineBytes;
    if (this.#skipping) this.#held.clear();
    else if (bytes.length > 0) this.#held.add(bytes);
  }

  /** @returns whether there was a line whose end has come. */
  #endHeld(): boolean {
    if (this.#skipping) {
      this.#skipping = false;
      this.#skipped = true;
      return true;
    }
    if (this.#held.length === 0) return false;
    this.#read(this.#held.bytes);
    this.#held.clear();
    return true;
  }

  /**
   * Set the places of the line.
   *
   * @returns false for a blank line.
   */
  #trim(from: number, to: number): boolean {
    const { text } = this;
    let start = from;
    let end = to;
    while (start < end && isBlank(text.charCodeAt(start))) start++;
    while (start < end && isBlank(text.charCodeAt(end - 1))) end--;
    this.start = start;
    this.end = end;
    return start < end;
  }

  /** Bytes are counted only where the number of UTF-16 units does not decide. */
  #isTooLong(start: number, end: number): boolean {
    const max = this.maxLineBytes;
    const length = end - start;
    return length > max || (length * 3 > max && Buffer.byteLength(this.text.slice(start, end)) > max);
  }
}

/** Whether `String.prototype.trim` removes this character, which is more than JSON's own white space. */
function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return code >= 0xa0 && /\s/.test(String.fromCharCode(code));
}
