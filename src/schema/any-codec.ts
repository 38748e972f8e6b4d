/**
 * Any structured value as bytes, for `t.any()`: msgpackr with the extensions that keep Map, Set, Date,
 * Error, typed arrays, bigint and cycles.
 */
import { Packr } from 'msgpackr';

const codec = new Packr({
  structuredClone: true,
  moreTypes: true,
  useBigIntExtension: true,
  useToJSON: false,
} as ConstructorParameters<typeof Packr>[0]);

/** The encoded value: a view of the codec's own buffer, to be copied before the next call. */
export function packAny(value: unknown): Uint8Array {
  return codec.pack(value);
}

export function unpackAny(bytes: Uint8Array): unknown {
  return codec.unpack(bytes);
}
