/**
 * Cells of numbers and booleans. Each type has a loop of its own, so that the compiler sees one kind of value in it.
 */
import { isValid } from '../../../schema/columns/views/validity.js';
import type { Validity } from '../../wire/byte-values.js';
import type { WireBuffer } from '../../wire/wire-buffer.js';
import { absentIn, beginCell, type Cells, type Lead, measureFixed } from './cells.js';

type Numbers = ArrayLike<number>;

interface Loop<V> {
  readonly into: WireBuffer;
  readonly places: Int32Array;
  readonly from: number;
  readonly values: V;
  readonly validity: Validity;
  readonly lead: Lead;
}

/** A type whose values all take the same number of bytes. */
export function fixed<V>(width: number, writeAll: (loop: Loop<V>) => void) {
  return (values: V, validity: Validity, lead: Lead): Cells => ({
    measure: (sizes) => measureFixed(sizes, validity, lead, width),
    write: (into, places, from) => writeAll({ into, places, from, values, validity, lead }),
    isAbsent: absentIn(validity),
  });
}

export const byteNumberCells = fixed<Numbers>(1, ({ into, places, from, values, validity, lead }) => {
  const { bytes } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 1);
    if (at >= 0) bytes[at] = values[from + i] as number;
  }
});

export const shortCells = fixed<Numbers>(2, ({ into, places, from, values, validity, lead }) => {
  const { bytes, view } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 2);
    if (at >= 0) view.setInt16(at, values[from + i] as number, true);
  }
});

export const longCells = fixed<Numbers>(4, ({ into, places, from, values, validity, lead }) => {
  const { bytes, view } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 4);
    if (at >= 0) view.setInt32(at, values[from + i] as number, true);
  }
});

export const bigintCells = fixed<BigInt64Array>(8, ({ into, places, from, values, validity, lead }) => {
  const { bytes, view } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 8);
    if (at >= 0) view.setBigInt64(at, values[from + i] as bigint, true);
  }
});

export const floatCells = fixed<Numbers>(4, ({ into, places, from, values, validity, lead }) => {
  const { bytes, view } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 4);
    if (at >= 0) view.setFloat32(at, values[from + i] as number, true);
  }
});

export const doubleCells = fixed<Numbers>(8, ({ into, places, from, values, validity, lead }) => {
  const { bytes, view } = into;
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(bytes, places, i, isValid(validity, from + i), lead, 8);
    if (at >= 0) view.setFloat64(at, values[from + i] as number, true);
  }
});
