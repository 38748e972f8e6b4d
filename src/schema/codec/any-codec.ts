/**
 * Any value as V8 serializes it for `structuredClone`, in the form that `v8.deserialize` reads: what targets store, and
 * what a block holds of values that `plain-record.ts` has no form for (Map, Set, RegExp, Error, typed arrays, cycles).
 */
import { DefaultDeserializer, DefaultSerializer, Serializer } from 'node:v8';
import { inspectForClone, isBuffer } from './clone-check.js';
import { bytesOf } from './view-parts.js';

/** What writes views of memory where V8 does not do it; Node documents it, its types do not have it. */
interface HostObjects {
  _writeHostObject(view: NodeJS.ArrayBufferView): void;
}

const writeView = (DefaultSerializer.prototype as unknown as HostObjects)._writeHostObject;

/**
 * Writes each view as its own bytes alone. V8 writes all of the memory beneath a view, and a Buffer's memory is a pool
 * that holds what belongs to others.
 */
class ViewSerializer extends DefaultSerializer implements HostObjects {
  _writeHostObject(view: NodeJS.ArrayBufferView): void {
    writeView.call(this, isBuffer(view) ? bytesOf(view) : view);
  }
}

/**
 * A value that a program has pushed.
 *
 * @throws TypeError, or what V8 throws, for a value that `structuredClone` refuses, or would make another of.
 */
export function packAny(value: unknown): Uint8Array {
  const { hasBuffers } = inspectForClone(value);
  return write(hasBuffers ? new ViewSerializer() : new Serializer(), value);
}

/** A value that was read from a batch: nothing in it needs a check. */
export function packClone(value: unknown): Uint8Array {
  return write(new Serializer(), value);
}

function write(serializer: Serializer, value: unknown): Uint8Array {
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

export function unpackAny(bytes: Uint8Array): unknown {
  // A copy, as views among the value may be views of these bytes.
  const deserializer = new DefaultDeserializer(new Uint8Array(bytes));
  deserializer.readHeader();
  return deserializer.readValue();
}
