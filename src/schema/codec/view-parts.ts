/**
 * The memory of views, read by the getters of their own classes: a view may have another prototype, or properties under
 * the names of these getters.
 */
import { types } from 'node:util';

const arrays: object = Object.getPrototypeOf(Uint8Array.prototype);
const memoryOfArray = getter<ArrayBuffer>(arrays, 'buffer');
const memoryOfDataView = getter<ArrayBuffer>(DataView.prototype, 'buffer');
const offsetOfArray = getter<number>(arrays, 'byteOffset');
const bytesOfArray = getter<number>(arrays, 'byteLength');

const bytesOfMemory = getter<number>(ArrayBuffer.prototype, 'byteLength');
/** Node 20 has it; an engine without it has no such memory. */
const resizable = getter<boolean>(ArrayBuffer.prototype, 'resizable') as
  | ((this: unknown) => boolean)
  | undefined;

function getter<T>(prototype: object, name: string): (this: unknown) => T {
  return Object.getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => T;
}

export function memoryOf(view: ArrayBufferView): ArrayBuffer {
  return (types.isDataView(view) ? memoryOfDataView : memoryOfArray).call(view);
}

export function memoryOfBytes(array: Uint8Array): ArrayBuffer {
  return memoryOfArray.call(array);
}

/** Whether an array has all bytes of its memory, which keeps its size. */
export function isWhole(array: Uint8Array): boolean {
  const bytes = bytesOfArray.call(array);
  const memory = memoryOfArray.call(array);
  return bytes > 0 && bytes === bytesOfMemory.call(memory) && resizable?.call(memory) !== true;
}

/** The bytes of an array, whatever it has of its own. */
export function bytesOf(array: Uint8Array): Uint8Array {
  return new Uint8Array(memoryOfArray.call(array), offsetOfArray.call(array), bytesOfArray.call(array));
}
