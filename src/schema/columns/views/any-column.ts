/**
 * A `t.any()` column of a batch: plain records, and what V8 has serialized, decoded when they are read.
 */
import { packClone, unpackAny } from '../../codec/any-codec.js';
import { PlainReader } from '../../codec/plain-reader.js';
import { plainMark } from '../../codec/plain-record.js';
import type { TextRegion } from './text-region.js';
import { isValid } from './validity.js';

/** Where the records of any values and their texts are, and the shapes of plain ones. */
export interface AnyPlaces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly textStarts: Int32Array;
  readonly textEnds: Int32Array;
  readonly shapes: ReadonlyMap<number, string>;
}

/** A `t.any()` column: `get(i)` decodes a fresh value. */
export class AnyColumn<V = unknown, Null = never> {
  #plain: PlainReader | undefined;

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
    if (this.blob[start] !== plainMark) return unpackAny(this.blob.subarray(start, ends[i])) as V;
    this.#plain ??= new PlainReader(this.blob, this.places.shapes);
    const texts = this.region.slice(textStarts[i] as number, textEnds[i] as number);
    return this.#plain.at(start, texts) as V;
  }

  /** The value as targets store it; `v8.deserialize` of Node reads it. */
  encoded(i: number): Uint8Array | Null {
    if (!isValid(this.validity, i)) return null as Null;
    const start = this.places.starts[i] as number;
    if (this.blob[start] === plainMark) return packClone(this.get(i));
    return this.blob.subarray(start, this.places.ends[i]);
  }
}
