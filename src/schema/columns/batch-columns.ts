/**
 * How a batch shows the columns that are not plain typed arrays: labels, texts, bytes, any values.
 *
 * Each has `get(i)`, and the arrays behind it in Arrow's shape for those who read columns:
 * `ids` and `dictionary`, or `offsets` and `bytes`. All of it belongs to one batch alone.
 */
import { packAny, unpackAny } from '../codec/any-codec.js';
import { FlatReader } from '../codec/flat-reader.js';
import { flatMark } from '../codec/flat-record.js';
import { decodeText, type TextMode, textMode } from '../codec/text-codec.js';

/** Bit `i` of an Arrow validity bitmap: whether row `i` has a value. No bitmap: every row has. */
export function isValid(validity: Uint8Array | undefined, i: number): boolean {
  return validity === undefined || (((validity[i >> 3] as number) >> (i & 7)) & 1) === 1;
}

/** A `t.label()` column: a dictionary of this batch's own and an id for each row. A text may have several ids. */
export class LabelColumn<Null = never> {
  constructor(
    /** One id a row, an index into `dictionary`; -1 where there is no value. */
    readonly ids: Int32Array,
    readonly dictionary: string[],
  ) {}

  get(i: number): string | Null {
    const id = this.ids[i] as number;
    return (id < 0 ? null : this.dictionary[id]) as string | Null;
  }
}

/** The texts of all text columns of a batch, as they lay in the ring: row after row, column after column. */
export class TextRegion {
  /** ASCII is decoded a chunk at a time. */
  readonly #chunks: string[] = [];

  constructor(
    readonly bytes: Uint8Array,
    readonly mode: TextMode,
  ) {}

  /** The text between two byte positions. */
  slice(start: number, end: number): string {
    const chunk = start >> chunkBits;
    const from = chunk << chunkBits;
    // Few texts lie across two chunks; those that are longer than one are decoded each time they are read.
    if (this.mode !== textMode.ascii || end > from + chunkBytes) {
      return decodeText(this.bytes, start, end, this.mode);
    }
    this.#chunks[chunk] ??= decodeText(this.bytes, from, from + chunkBytes, textMode.ascii);
    return this.#chunks[chunk].substring(start - from, end - from);
  }
}

/**
 * To decode a text costs ten times as much as to cut it out of a decoded one. But V8 gives a string of more than 128 KB
 * a mapping of its own, and each of its pages costs a page fault.
 */
const chunkBits = 15;
const chunkBytes = 1 << chunkBits;

/** A column whose values are byte ranges of a region that it shares with other columns of the batch. */
abstract class VariableColumn<Value, Null> {
  #packed: { offsets: Int32Array; bytes: Uint8Array } | undefined;

  constructor(
    private readonly source: Uint8Array,
    protected readonly starts: Int32Array,
    protected readonly ends: Int32Array,
    private readonly validity: Uint8Array | undefined,
  ) {}

  get(i: number): Value | Null {
    return isValid(this.validity, i) ? this.valueAt(i) : (null as Null);
  }

  protected abstract valueAt(i: number): Value;

  /** Where each value's bytes start in `bytes`; `offsets[i + 1]` is where they end. */
  get offsets(): Int32Array {
    this.#packed ??= pack(this.source, this.starts, this.ends);
    return this.#packed.offsets;
  }

  /**
   * The bytes of this column's values, one after another: Arrow's variable-size binary layout. Texts are in UTF-8
   * (a lone surrogate stays its three WTF-8 bytes).
   */
  get bytes(): Uint8Array {
    this.#packed ??= pack(this.source, this.starts, this.ends);
    return this.#packed.bytes;
  }
}

/** A `t.string()` column. */
export class TextColumn<Null = never> extends VariableColumn<string, Null> {
  constructor(
    private readonly region: TextRegion,
    starts: Int32Array,
    ends: Int32Array,
    validity: Uint8Array | undefined,
  ) {
    super(region.bytes, starts, ends, validity);
  }

  protected valueAt(i: number): string {
    return this.region.slice(this.starts[i] as number, this.ends[i] as number);
  }
}

/** A `t.json()` column: `get(i)` parses. */
export class JsonColumn<V = unknown, Null = never> {
  constructor(readonly text: TextColumn<Null>) {}

  get(i: number): V | Null {
    const text = this.text.get(i);
    return text === null ? (null as Null) : JSON.parse(text as string);
  }
}

/** A `t.bytes()` column: `get(i)` is a view of this batch's own memory. */
export class BytesColumn<Null = never> extends VariableColumn<Uint8Array, Null> {
  constructor(
    private readonly blob: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    validity: Uint8Array | undefined,
  ) {
    super(blob, starts, ends, validity);
  }

  protected valueAt(i: number): Uint8Array {
    return this.blob.subarray(this.starts[i], this.ends[i]);
  }
}

/** Where the records of any values and their texts are, and the shapes of flat ones. */
export interface AnyPlaces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly textStarts: Int32Array;
  readonly textEnds: Int32Array;
  readonly shapes: ReadonlyMap<number, string>;
}

/** A `t.any()` column: `get(i)` decodes a fresh value. */
export class AnyColumn<V = unknown, Null = never> {
  #flat: FlatReader | undefined;

  constructor(
    private readonly blob: Uint8Array,
    private readonly region: TextRegion,
    private readonly places: AnyPlaces,
    private readonly validity: Uint8Array | undefined,
  ) {}

  get(i: number): V | Null {
    if (!isValid(this.validity, i)) return null as Null;
    const { starts, ends, textStarts, textEnds } = this.places;
    const start = starts[i] as number;
    if (this.blob[start] !== flatMark) return unpackAny(this.blob.subarray(start, ends[i])) as V;
    this.#flat ??= new FlatReader(this.blob, this.places.shapes);
    const texts = this.region.slice(textStarts[i] as number, textEnds[i] as number);
    return this.#flat.at(start, texts) as V;
  }

  /** The value as msgpack, for those who store it. */
  encoded(i: number): Uint8Array | Null {
    if (!isValid(this.validity, i)) return null as Null;
    const start = this.places.starts[i] as number;
    // The codec's buffer is not this batch's.
    if (this.blob[start] === flatMark) return new Uint8Array(packAny(this.get(i)));
    return this.blob.subarray(start, this.places.ends[i]);
  }
}

/** Copy the values, which may lie apart, one after another. */
function pack(source: Uint8Array, starts: Int32Array, ends: Int32Array) {
  const offsets = new Int32Array(starts.length + 1);
  let size = 0;
  for (let i = 0; i < starts.length; i++) {
    size += (ends[i] as number) - (starts[i] as number);
    offsets[i + 1] = size;
  }
  const bytes = new Uint8Array(size);
  for (let i = 0; i < starts.length; i++) bytes.set(source.subarray(starts[i], ends[i]), offsets[i]);
  return { offsets, bytes };
}
