/**
 * The server's replies, in version 2 of its protocol: counted, with the texts of errors. Values are passed over, so a
 * reply of any size needs no memory; a reader that needs them has a `ReplyValues`.
 *
 *     +OK␍␊        a word              $5␍␊hello␍␊    bytes; $-1␍␊: none
 *     -ERR …␍␊     an error            *2␍␊…          a list, replies in a reply; *-1␍␊: none
 *     :12␍␊        a number
 */

import type { ReplyValues } from './reply-values.js';

/** What a reply is. */
export type Reply =
  /** Whatever the server replies to a command that it has done. */
  | 'done'
  /** No value: by `SET … NX`, that there was one. */
  | 'none'
  /** The text of an error. */
  | { readonly error: string };

/** The other side speaks no protocol of Redis. The connection is of no use. */
export class ReplyFormatError extends Error {
  override readonly name = 'ReplyFormatError';
  readonly code = 'ERR_REDIS_REPLY';
  readonly reason = 'connection';

  constructor(line: string) {
    super(`the server's reply is none of Redis: ${JSON.stringify(line.slice(0, 60))}`);
  }
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Longer lines are none of Redis. */
const longestLine = 64 * 1024;
const longestBytes = 2 ** 30;

const word = 0x2b;
const error = 0x2d;
const integer = 0x3a;
const bulk = 0x24;
const list = 0x2a;

export class ReplyReader {
  /** The beginning of a line whose end has not come. */
  #line: Buffer | undefined;
  /** Bytes of a value that are still to come, with the end of its line. */
  #skip = 0;
  /** Replies of lists that are still to come. */
  #open = 0;

  constructor(
    private readonly onReply: (reply: Reply) => void,
    private readonly values?: ReplyValues,
  ) {}

  /** Read what has come. @throws ReplyFormatError */
  read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        at = this.#passOver(chunk, at);
        continue;
      }
      const end = chunk.indexOf(lineFeed, at);
      if (end < 0) {
        this.#keep(chunk.subarray(at));
        return;
      }
      if (this.#line === undefined) {
        this.#read(chunk, at, end);
      } else {
        this.#keep(chunk.subarray(at, end + 1));
        const line = this.#line as Buffer;
        this.#line = undefined;
        this.#read(line, 0, line.length - 1);
      }
      at = end + 1;
    }
  }

  #keep(part: Buffer): void {
    this.#line = this.#line === undefined ? Buffer.from(part) : Buffer.concat([this.#line, part]);
    if (this.#line.length > longestLine) throw new ReplyFormatError(this.#line.toString('latin1'));
  }

  #passOver(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#skip, chunk.length - at);
    this.#skip -= bytes;
    const end = at + bytes;
    this.values?.part(chunk.subarray(at, end));
    if (this.#skip === 0) {
      const closes = chunk[end - 1] === lineFeed && (bytes < 2 || chunk[end - 2] === carriageReturn);
      if (!closes) throw new ReplyFormatError(chunk.toString('latin1', Math.max(at, end - 8), end));
      this.values?.endText();
      this.#ended('done');
    }
    return end;
  }

  /** Read the line from `at` to the line feed at `end`. */
  #read(bytes: Buffer, at: number, end: number): void {
    const last = end - 1;
    if (last <= at || bytes[last] !== carriageReturn) throw this.#mistake(bytes, at, end);
    switch (bytes[at]) {
      case word:
        this.values?.add(bytes.subarray(at + 1, last));
        this.#ended('done');
        return;
      case error:
        this.values?.add(bytes.subarray(at + 1, last));
        this.#ended({ error: bytes.toString('utf8', at + 1, last) });
        return;
      case integer: {
        const number = this.#numberIn(bytes, at, last);
        this.values?.add(number);
        this.#ended('done');
        return;
      }
      case bulk: {
        const length = this.#numberIn(bytes, at, last);
        if (length > longestBytes) throw this.#mistake(bytes, at, end);
        if (length >= 0) {
          this.#skip = length + 2;
          return;
        }
        this.values?.add(null);
        this.#ended('none');
        return;
      }
      case list: {
        const length = this.#numberIn(bytes, at, last);
        if (length > longestBytes) throw this.#mistake(bytes, at, end);
        if (length <= 0) {
          this.values?.add(length < 0 ? null : []);
          this.#ended(length < 0 ? 'none' : 'done');
          return;
        }
        this.values?.begin(length);
        // The list takes the place of one reply.
        this.#open += this.#open > 0 ? length - 1 : length;
        return;
      }
      default:
        throw this.#mistake(bytes, at, end);
    }
  }

  #ended(reply: Reply): void {
    if (this.#open === 0) {
      this.onReply(reply);
      return;
    }
    // An error within a list is a value of its command, which is done.
    this.#open--;
    if (this.#open === 0) this.onReply('done');
  }

  /** The whole number behind the type. */
  #numberIn(bytes: Buffer, at: number, last: number): number {
    const isNegative = bytes[at + 1] === 0x2d;
    const first = at + (isNegative ? 2 : 1);
    if (first >= last) throw this.#mistake(bytes, at, last);
    let value = 0;
    for (let k = first; k < last; k++) {
      const digit = (bytes[k] as number) - 0x30;
      if (digit < 0 || digit > 9) throw this.#mistake(bytes, at, last);
      value = value * 10 + digit;
    }
    return isNegative ? -value : value;
  }

  #mistake(bytes: Buffer, at: number, end: number): ReplyFormatError {
    return new ReplyFormatError(bytes.toString('latin1', at, end));
  }
}
