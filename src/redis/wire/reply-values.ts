/**
 * The values of replies, for readers that need them: made while `ReplyReader` reads, in the order of its bytes.
 */

/** A value: bytes, a number, none, or a list of values. A word, and the text of an error within a list, are bytes. */
export type RedisValue = Buffer | number | null | RedisValue[];

interface OpenList {
  readonly length: number;
  readonly items: RedisValue[];
}

const endOfLine = 2;

export class ReplyValues {
  /** Lists whose last value has not come, from the outermost on. */
  readonly #open: OpenList[] = [];
  /** Parts of a text that has begun. */
  #parts: Buffer[] = [];
  #whole: RedisValue = null;

  /** The value of the reply that has come last. */
  take(): RedisValue {
    const whole = this.#whole;
    this.#whole = null;
    return whole;
  }

  /** A list of so many values begins: one at least. */
  begin(length: number): void {
    this.#open.push({ length, items: [] });
  }

  /** A part of a text, or of the end of its line. */
  part(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  /** The text is there, with the end of its line. */
  endText(): void {
    const [first] = this.#parts as [Buffer];
    const text = this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.add(text.subarray(0, -endOfLine));
  }

  add(value: RedisValue): void {
    let made = value;
    for (let list = this.#open.at(-1); list !== undefined; list = this.#open.at(-1)) {
      list.items.push(made);
      if (list.items.length < list.length) return;
      this.#open.pop();
      made = list.items;
    }
    this.#whole = made;
  }
}
