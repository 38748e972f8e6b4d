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

let packing = false;

/**
 * The encoded value: a view of the codec's own buffer, which goes on behind it with the next call.
 * @throws TypeError when a getter of a value encodes another: the codec is in the midst of the first.
 */
export function packAny(value: unknown): Uint8Array {
  if (packing) throw new TypeError('it is pushed while another value is being encoded');
  packing = true;
  try {
    return codec.pack(value);
  } finally {
    packing = false;
  }
}

export function unpackAny(bytes: Uint8Array): unknown {
  return codec.unpack(bytes);
}
