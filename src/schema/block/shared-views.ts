/**
 * One typed array of each kind over a whole ring, so that compiled code stores at an index instead of
 * making views for each block.
 */

/** By the names of `codec/array-types.ts`. */
export interface SharedViews {
  readonly I8: Int8Array;
  readonly U8: Uint8Array;
  readonly I16: Int16Array;
  readonly U16: Uint16Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly F32: Float32Array;
  readonly F64: Float64Array;
  readonly B64: BigInt64Array;
}

/** Views over a buffer whose length is a multiple of 8. */
export function viewsOf(buffer: SharedArrayBuffer): SharedViews {
  return {
    I8: new Int8Array(buffer),
    U8: new Uint8Array(buffer),
    I16: new Int16Array(buffer),
    U16: new Uint16Array(buffer),
    I32: new Int32Array(buffer),
    U32: new Uint32Array(buffer),
    F32: new Float32Array(buffer),
    F64: new Float64Array(buffer),
    B64: new BigInt64Array(buffer),
  };
}
