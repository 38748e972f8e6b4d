/**
 * Cells of numbers, booleans and times. Each type has a loop of its own, so that the compiler sees one kind of value in
 * it.
 */
import type { Validity } from '../../wire/byte-values.js';
import { beginCell, type Cells, measureFixed } from './cells.js';
import type { MessageBuffer } from './message-buffer.js';

type Numbers = ArrayLike<number>;
type Writer<V> = (view: DataView, places: Int32Array, values: V, validity: Validity) => void;

/** A type whose values all take the same number of bytes. */
function fixed<V>(width: number, writeAll: Writer<V>) {
  return (values: V, validity: Validity): Cells => ({
    measure: (sizes) => measureFixed(sizes, validity, width),
    write: (into: MessageBuffer, places) => writeAll(into.view, places, values, validity),
  });
}

export const boolCells = fixed<Numbers>(1, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 1);
    if (at >= 0) view.setUint8(at, values[i] as number);
  }
});

export const int2Cells = fixed<Numbers>(2, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 2);
    if (at >= 0) view.setInt16(at, values[i] as number);
  }
});

export const int4Cells = fixed<Numbers>(4, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 4);
    if (at >= 0) view.setInt32(at, values[i] as number);
  }
});

/** Of whole numbers that 33 bits hold. */
export const int8Cells = fixed<Numbers>(8, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 8);
    if (at < 0) continue;
    const value = values[i] as number;
    view.setInt32(at, value < 0 ? -1 : 0);
    view.setInt32(at + 4, value);
  }
});

export const bigintCells = fixed<BigInt64Array>(8, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 8);
    if (at >= 0) view.setBigInt64(at, values[i] as bigint);
  }
});

export const float4Cells = fixed<Numbers>(4, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 4);
    if (at >= 0) view.setFloat32(at, values[i] as number);
  }
});

export const float8Cells = fixed<Numbers>(8, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 8);
    if (at >= 0) view.setFloat64(at, values[i] as number);
  }
});

/** Microseconds from 1970 to 2000, where the server's time begins. */
const epochMicros = 946_684_800_000_000;
const epochMicrosBig = 946_684_800_000_000n;
const word = 2 ** 32;

/** Of milliseconds since 1970, as microseconds since 2000. */
export const timestampCells = fixed<Numbers>(8, (view, places, values, validity) => {
  for (let i = 0; i < places.length; i++) {
    const at = beginCell(view, places, i, validity, 8);
    if (at < 0) continue;
    const ms = values[i] as number;
    const micros = Math.round(ms * 1000) - epochMicros;
    if (Number.isSafeInteger(micros)) {
      const high = Math.floor(micros / word);
      view.setInt32(at, high);
      view.setUint32(at + 4, micros - high * word);
    } else {
      // Past the year 2255 a double holds no microseconds. Its milliseconds are exact.
      const whole = Math.floor(ms);
      const rest = Math.round((ms - whole) * 1000);
      view.setBigInt64(at, BigInt(whole) * 1000n + BigInt(rest) - epochMicrosBig);
    }
  }
});
