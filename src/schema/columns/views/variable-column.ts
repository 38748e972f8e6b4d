/**
 * The columns of a batch whose values are byte ranges: texts, JSON, bytes.
 *
 * Each has `get(i)`; `raw`, the bytes where they lie, for encoders; and for readers of whole columns Arrow's `offsets`
 * and `bytes`, made at their first use.
 */
import type { RawBytes, RawText } from './raw-bytes.js';
import type { TextRegion } from './text-region.js';
import { isValid } from './validity.js';

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

  /** The bytes of the texts, without a copy. */
  get raw(): RawText {
    const { bytes, mode } = this.region;
    return { bytes, starts: this.starts, ends: this.ends, mode };
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

  /** The bytes of the values, without a copy. */
  get raw(): RawBytes {
    return { bytes: this.blob, starts: this.starts, ends: this.ends };
  }

  protected valueAt(i: number): Uint8Array {
    return this.blob.subarray(this.starts[i], this.ends[i]);
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
