/**
 * A `t.label()` column of a batch, in Arrow's dictionary layout.
 */
import { maxBytesPerUnit, type TextMode, textMode, writeText } from '../../codec/text-codec.js';
import type { RawText } from './raw-bytes.js';

/** A `t.label()` column: a dictionary of this batch's own and an id for each row. A text may have several ids. */
export class LabelColumn<Null = never> {
  #raw: RawText | undefined;

  constructor(
    /** One id a row, an index into `dictionary`; -1 where there is no value. */
    readonly ids: Int32Array,
    readonly dictionary: string[],
  ) {}

  get(i: number): string | Null {
    const id = this.ids[i] as number;
    return (id < 0 ? null : this.dictionary[id]) as string | Null;
  }

  /** The bytes of the dictionary's texts, by id; made at its first use. */
  get raw(): RawText {
    this.#raw ??= bytesOf(this.dictionary);
    return this.#raw;
  }
}

/** The texts as bytes, one after another. */
function bytesOf(texts: readonly string[]): RawText {
  const joined = texts.join('');
  const bytes = new Uint8Array(joined.length * maxBytesPerUnit);
  const starts = new Int32Array(texts.length);
  const ends = new Int32Array(texts.length);
  // One write of all texts costs little more than that of one. Where all is ASCII, characters are bytes.
  const whole = writeText(joined, bytes, 0).mode;
  let mode: TextMode = textMode.ascii;
  let at = 0;
  texts.forEach((text, id) => {
    starts[id] = at;
    if (whole === textMode.ascii) {
      at += text.length;
    } else {
      // Halves of a surrogate pair at the ends of two texts are a pair only when they are joined.
      const { written, mode: own } = writeText(text, bytes, at);
      at += written;
      if (own > mode) mode = own;
    }
    ends[id] = at;
  });
  // Without the rest, whose zeros a search for NUL characters would find.
  return { bytes: bytes.subarray(0, at), starts, ends, mode };
}
