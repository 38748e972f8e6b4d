/**
 * Writes the values of plain records (`codec/plain-record.ts`) into words and a joined text.
 *
 * Objects of a shape are written by one loop over their keys (`writeFlat`), everything else value by value (`put`).
 * What has no plain form is refused, half-written; the caller then writes the whole event in another way.
 */
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import type { LabelDictionary } from '../block/label-dictionary.js';
import { tooDeep } from '../codec/clone-check.js';
import { type Kind, kind, maxDepth, noShape } from '../codec/plain-record.js';
import { isWhole, memoryOfBytes } from '../codec/view-parts.js';
import { ObjectShapes, type Shape } from './object-shapes.js';
import { isOrdinary } from './ordinary-classes.js';
import { areDoubtful, hasOwnKind, literalHasOwnKind } from './own-kind.js';
import { SeenObjects } from './seen-objects.js';
import { hasMemory, ValueWords } from './value-words.js';

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/** As constants of this module: V8 has these in its code, while it loads `kind.text` anew for each value. */
const { text: textKind, int32: int32Kind, float64: float64Kind } = kind;
const { null: nullKind, true: trueKind, false: falseKind } = kind;

/** What became of an attempt to write an object as one of a shape. */
const written = 0;
const otherKeys = 1;
/** There are objects within it. */
const notFlat = 2;
const unwritable = 3;
type Fit = typeof written | typeof otherKeys | typeof notFlat | typeof unwritable;

/** In place of a kind or a label: the value has no plain form. */
export const refused = -2;
export type KindOrNot = Kind | typeof refused;

export class PlainWriter extends ValueWords {
  /** Labels of the shapes of objects within the value. */
  readonly further: number[] = [];
  readonly shapes: ObjectShapes;
  /** The objects of the value; empty while it has none within it. */
  readonly #seen = new SeenObjects();
  #depth = 0;

  constructor(labels: LabelDictionary) {
    super();
    this.shapes = new ObjectShapes(labels);
  }

  /** Hold no object of the value any longer. */
  end(): void {
    if (this.#seen.size === 0) return;
    this.#seen.truncate(0);
    this.further.length = 0;
    this.#depth = 0;
  }

  /**
   * Write an object that is flat and of the shape that came next the last time, as most events are.
   *
   * @returns the shape's label; `noShape` for any other object: then nothing is written.
   */
  writeExpected(object: Record<string, unknown>, at: number): number {
    const { latest } = this.shapes;
    const shape = latest.next;
    if (!shape.flat || shape.excludes(object)) return noShape;
    if (this.#writeFlat(shape, object, at) !== written) return noShape;
    if (shape !== latest) this.shapes.latest = shape;
    return shape.label;
  }

  /**
   * Write an object's body at word `at` as that of a shape.
   *
   * @returns the shape's label; `noShape` when there is none to be had: then nothing is written.
   */
  writeShaped(object: Record<string, unknown>, at: number): number {
    const { latest } = this.shapes;
    const { text } = this;
    const seen = this.#seen.size;
    const shape = latest.next;
    // Before the objects within, which come next.
    if (shape !== latest) this.shapes.latest = shape;
    const fit = this.#writeAs(shape, object, at);
    if (fit === written) return shape.label;
    if (fit === unwritable) return refused;
    // What was written before the other key came counts for nothing.
    this.text = text;
    if (this.#seen.size > seen) this.#seen.truncate(seen);
    return this.#writeNext(latest, object, at);
  }

  /** Write an object that has not the shape which came after `latest` before. */
  #writeNext(latest: Shape, object: Record<string, unknown>, at: number): number {
    const shape = this.shapes.find(object);
    this.shapes.latest = shape ?? latest;
    if (shape === undefined) return noShape;
    latest.next = shape;
    return this.#writeAs(shape, object, at) === written ? shape.label : refused;
  }

  #writeAs(shape: Shape, object: Record<string, unknown>, start: number): Fit {
    if (shape.excludes(object)) return unwritable;
    if (shape.flat) {
      const fit = this.#writeFlat(shape, object, start);
      if (fit !== notFlat) return fit;
      shape.flat = false;
    }
    return this.#writeDeep(shape, object, start);
  }

  /** Write the body of an object that has no others within it: most events, so nothing more is looked at. */
  #writeFlat(shape: Shape, object: Record<string, unknown>, start: number): Fit {
    const { keys } = shape;
    const count = keys.length;
    let at = start + shape.kindsWords;
    this.reserve(at + 2 * count);
    const { words } = this;
    let { text } = this;
    let kindsAt = start;
    let kinds = 0;
    let shift = 0;
    let k = 0;
    // V8 reads a value by its place, without a look-up, where the key comes from the loop.
    for (const key in object) {
      if (k === count || key !== keys[k]) return otherKeys;
      k++;
      const value = object[key];
      if (typeof value === 'string') {
        kinds |= textKind << shift;
        words[at++] = value.length;
        // The first needs no call to join it.
        text = text === '' ? value : text + value;
      } else if (typeof value === 'number') {
        const int = value | 0;
        if (int === value && (int !== 0 || 1 / value > 0)) {
          kinds |= int32Kind << shift;
          words[at++] = int;
        } else {
          kinds |= float64Kind << shift;
          float[0] = value;
          words[at++] = floatWords[0] as number;
          words[at++] = floatWords[1] as number;
        }
      } else if (value === null) kinds |= nullKind << shift;
      else if (value === true) kinds |= trueKind << shift;
      else if (value === false) kinds |= falseKind << shift;
      else if (value !== undefined) return notFlat;
      shift += 4;
      if (shift === 32) {
        words[kindsAt++] = kinds;
        kinds = 0;
        shift = 0;
      }
    }
    if (k !== count) return otherKeys;
    if (shift > 0) words[kindsAt] = kinds;
    this.at = at;
    this.text = text;
    return written;
  }

  #writeDeep({ keys, kindsWords }: Shape, object: Record<string, unknown>, start: number): Fit {
    if (this.#seen.size === 0) this.#seen.add(object);
    this.at = start + kindsWords;
    this.reserve(this.at);
    this.words.fill(0, start, this.at);
    let k = 0;
    for (const key in object) {
      if (k === keys.length || key !== keys[k]) return otherKeys;
      const of = this.put(object[key]);
      if (of === refused) return unwritable;
      this.setKind(start, k++, of);
    }
    return k === keys.length ? written : otherKeys;
  }

  /** Write any value at `at`, without its kind. @returns its kind. */
  put(value: unknown): KindOrNot {
    switch (typeof value) {
      case 'string':
        return this.putText(value, kind.text);
      case 'number':
        return this.putNumber(value);
      case 'bigint':
        return this.putText(value.toString(16), kind.bigint);
      case 'boolean':
        return value ? kind.true : kind.false;
      case 'undefined':
        return kind.undefined;
      case 'object':
        return value === null ? kind.null : this.#putObject(value);
      default:
        return refused;
    }
  }

  /** Write a value that is an object such as a literal makes, but of no shape. */
  putLiteral(object: Record<string, unknown>): KindOrNot {
    this.#seen.add(object);
    return this.#putKeyed(object);
  }

  #putObject(object: object): KindOrNot {
    // Whether the value itself is a proxy is asked here, as that would take a tenth of the time of a flat one.
    if (this.#seen.size === 1 && types.isProxy(this.#seen.first)) return refused;
    if (types.isProxy(object) || !this.#seen.add(object)) return refused;
    if (this.#depth === maxDepth) throw tooDeep();
    this.#depth++;
    const kind = this.#putSeen(object);
    this.#depth--;
    return kind;
  }

  #putSeen(object: object): KindOrNot {
    switch (Object.getPrototypeOf(object)) {
      case Object.prototype:
        return this.#putPlain(object as Record<string, unknown>);
      case null:
        return this.#putOrdinary(object as Record<string, unknown>);
      case Array.prototype:
        return Array.isArray(object) ? this.#putArray(object) : refused;
      case Date.prototype:
        if (!types.isDate(object)) return refused;
        this.putFloat(Date.prototype.getTime.call(object));
        return kind.date;
      case Buffer.prototype:
        return hasMemory(object) ? this.putBytes(object) : refused;
      case Uint8Array.prototype:
        return hasMemory(object) && this.#isAllOfIt(object) ? this.putBytes(object) : refused;
      case Map.prototype:
        return types.isMap(object) ? this.#putMap(object) : refused;
      case Set.prototype:
        return types.isSet(object) ? this.#putSet(object) : refused;
      default:
        return isOrdinary(object) ? this.#putOrdinary(object as Record<string, unknown>) : refused;
    }
  }

  /** An object of a class, or of none, that is copied as a plain one. */
  #putOrdinary(object: Record<string, unknown>): KindOrNot {
    if (hasOwnKind(object)) return refused;
    const empty = this.at + 1;
    const kind = this.#putPlain(object);
    // Of an object without keys, V8 itself has to say what it is.
    return this.at === empty ? refused : kind;
  }

  #putPlain(object: Record<string, unknown>): KindOrNot {
    const at = this.at;
    const label = this.writeShaped(object, at + 1);
    if (label === refused) return refused;
    if (label === noShape) {
      this.at = at;
      return this.#putKeyed(object);
    }
    this.words[at] = label;
    if (!this.further.includes(label)) this.further.push(label);
    return kind.object;
  }

  /** An object for which there is no shape. */
  #putKeyed(object: Record<string, unknown>): KindOrNot {
    const keys = Object.keys(object);
    if (areDoubtful(keys) && literalHasOwnKind(object, keys)) return refused;
    const kinds = this.putLength(keys.length, keys.length);
    for (const [k, key] of keys.entries()) {
      this.putText(key, kind.text);
      const of = this.put(object[key]);
      if (of === refused) return refused;
      this.setKind(kinds, k, of);
    }
    return kind.keyed;
  }

  #putArray(array: readonly unknown[]): KindOrNot {
    const { length } = array;
    // Fewer: it has holes. More: it has members with names.
    if (Object.keys(array).length !== length) return refused;
    if (length > 0 && (this.putInts(array) || this.putFloats(array))) return kind.numbers;
    const kinds = this.putLength(length, length);
    for (let i = 0; i < length; i++) {
      const value = array[i];
      if (value === undefined && !Object.hasOwn(array, i)) return refused;
      const of = this.put(value);
      if (of === refused) return refused;
      this.setKind(kinds, i, of);
    }
    return kind.array;
  }

  /** By the methods of the class: an object may have its own under their names. */
  #putMap(map: Map<unknown, unknown>): KindOrNot {
    const members: unknown[] = [];
    for (const entry of Map.prototype.entries.call(map)) members.push(entry[0], entry[1]);
    return this.#putMembers(members, members.length / 2, kind.map);
  }

  #putSet(set: Set<unknown>): KindOrNot {
    const members = [...Set.prototype.values.call(set)];
    return this.#putMembers(members, members.length, kind.set);
  }

  /** The members of a Map or a Set. */
  #putMembers(members: readonly unknown[], length: number, as: Kind): KindOrNot {
    const kinds = this.putLength(length, members.length);
    for (let i = 0; i < members.length; i++) {
      const of = this.put(members[i]);
      if (of === refused) return refused;
      this.setKind(kinds, i, of);
    }
    return as;
  }

  /** Whether an array is all that there is to see of its memory. */
  #isAllOfIt(array: Uint8Array): boolean {
    return isWhole(array) && this.#seen.add(memoryOfBytes(array));
  }
}
