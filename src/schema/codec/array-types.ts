/**
 * The typed arrays that columns lie in, in the ring as in a batch, by the names that generated code has for them.
 */

export const arrayTypes = {
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  B64: BigInt64Array,
} as const;

export type ArrayName = keyof typeof arrayTypes;
export type ArrayType = (typeof arrayTypes)[ArrayName];

/** An array by its name, over memory that is not shared. */
export type ArrayNamed<N extends ArrayName> = InstanceType<(typeof arrayTypes)[N]>;
