/**
 * Finds in a value what V8 would copy into something else, without an error: objects whose data only their class can
 * see, such as a URL, Headers or a Blob, become `{}`. V8 itself refuses functions, symbols, promises and the like.
 */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { describe } from '../../describe.js';
import { maxDepth } from './plain-record.js';
import { memoryOf } from './view-parts.js';

/** What a check has found. */
interface Findings {
  readonly hasBuffers: boolean;
}

/** Look through a value. @throws TypeError, RangeError, or what a getter throws. */
export function inspectForClone(value: unknown): Findings {
  const inspection = new Inspection();
  inspection.visit(value, 0);
  return inspection;
}

class Inspection implements Findings {
  hasBuffers = false;
  readonly #seen = new Set<object>();

  visit(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || this.#seen.has(value)) return;
    this.#seen.add(value);
    if (types.isProxy(value)) throw new TypeError('a proxy is no data');
    if (depth >= maxDepth) throw tooDeep();
    if (Array.isArray(value)) this.#members(value, depth);
    else if (types.isMap(value)) for (const entry of entriesOf(value)) this.#members(entry, depth);
    else if (types.isSet(value)) for (const member of membersOf(value)) this.visit(member, depth + 1);
    else if (isError(value)) this.visit(value.cause, depth + 1);
    else if (ArrayBuffer.isView(value)) this.#view(value);
    else if (!hasCopy(value)) this.#object(value, depth);
  }

  #view(view: ArrayBufferView): void {
    if (types.isSharedArrayBuffer(memoryOf(view)))
      throw new TypeError('shared memory would not be shared any more');
    if (isBuffer(view)) this.hasBuffers = true;
  }

  #members(object: object, depth: number): void {
    for (const key of Object.keys(object)) this.visit((object as Record<string, unknown>)[key], depth + 1);
  }

  #object(object: object, depth: number): void {
    if (!isPlain(object) && Object.keys(object).length === 0)
      throw new TypeError(`the data of ${describe(object)} cannot be seen`);
    this.#members(object, depth);
  }
}

/** Whether a view is a Buffer, and no other one with the prototype of Buffers. */
export function isBuffer(view: ArrayBufferView): view is Buffer {
  return types.isUint8Array(view) && Buffer.isBuffer(view);
}

/** What V8 copies of them, whatever a class of them has in place of their methods. */
function entriesOf(map: Map<unknown, unknown>): Iterable<[unknown, unknown]> {
  return Map.prototype.entries.call(map) as Iterable<[unknown, unknown]>;
}

function membersOf(set: Set<unknown>): Iterable<unknown> {
  return Set.prototype.values.call(set) as Iterable<unknown>;
}

/** Whether V8 copies an object as an Error: not a DOMException, of which it has no copy. */
function isError(object: object): object is Error {
  return types.isNativeError(object) && !(object instanceof DOMException);
}

/** Whether V8 copies the object's own kind of data. */
function hasCopy(object: object): boolean {
  return (
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isAnyArrayBuffer(object) ||
    types.isBoxedPrimitive(object)
  );
}

/** Whether an object has the prototype of a literal, of whatever realm, or none. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether an error says that the thread's stack is too small for a value. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/.test(error.message);
}

/** The error for values in one another that a flusher's stack may not hold. */
export function tooDeep(): RangeError {
  return new RangeError(`it is nested more than ${maxDepth} deep`);
}
