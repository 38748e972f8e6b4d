/**
 * Splits bytes that come in parts into lines, without making texts of them.
 */
const newline = 0x0a;
const carriageReturn = 0x0d;

/** A line without its end. */
export interface Line {
  readonly bytes: Buffer;
  /** Where it begins, in bytes from where the splitting began. */
  readonly at: number;
  /** Whether it was longer than allowed: `bytes` is its beginning. */
  readonly isCut: boolean;
}

export class LineSplitter {
  /** Parts of the line that has begun. */
  #parts: Buffer[] = [];
  #length = 0;
  /** Where that line begins. */
  #at: number;

  /**
   * @param mostBytes of a line; of a longer one only the beginning is kept.
   * @param from where the first line begins.
   */
  constructor(
    private readonly mostBytes: number,
    from = 0,
  ) {
    this.#at = from;
  }

  /** Where the line begins that has not ended. */
  get at(): number {
    return this.#at;
  }

  /** The lines that end in the next part. The bytes of a line may be those of the part. */
  *take(part: Buffer): Generator<Line> {
    let start = 0;
    for (let end = part.indexOf(newline); end >= 0; end = part.indexOf(newline, start)) {
      this.#keep(part.subarray(start, end));
      start = end + 1;
      yield this.#line(1);
    }
    // The part may be a view of a larger buffer that its reader fills again.
    this.#keep(start === 0 ? part : Buffer.from(part.subarray(start)));
  }

  /** The last line, if it has no end; an empty list otherwise. */
  end(): Line[] {
    return this.#length === 0 ? [] : [this.#line(0)];
  }

  #keep(bytes: Buffer): void {
    const room = this.mostBytes - this.#length;
    if (room > 0 && bytes.length > 0) this.#parts.push(bytes.subarray(0, room));
    this.#length += bytes.length;
  }

  #line(endLength: number): Line {
    const whole = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const bytes = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    const line = { bytes, at: this.#at, isCut: this.#length > this.mostBytes };
    this.#at += this.#length + endLength;
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
