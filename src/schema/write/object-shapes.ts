/**
 * The shapes of the objects that one producer writes as any values: lists of keys, each with its label. Objects come in
 * much the same order each time, so each shape knows which one came after it.
 */
import type { LabelDictionary } from '../block/label-dictionary.js';
import { kindsWords } from '../codec/plain-record.js';
import { areDoubtful, literalHasOwnKind } from './own-kind.js';

const maxKeys = 32;
const maxShapeUnits = 2048;
/** Objects of more shapes than these have their keys among their texts. */
const maxShapes = 64;

/** A key that no object has. */
const noKey = undefined as unknown as string;

export class Shape {
  /** The shape of the object that came next. */
  next: Shape = this;
  /** Whether no object of the shape has had another within it. */
  flat = true;
  /** Whether each object has to be asked for its kind. */
  readonly #doubtful: boolean;
  /** Words of the kinds of an object's values. */
  readonly kindsWords: number;

  constructor(
    readonly keys: readonly string[],
    readonly label: number,
  ) {
    this.#doubtful = areDoubtful(keys);
    this.kindsWords = kindsWords(keys.length);
  }

  /** Whether an object that may look like one of this shape is more than its properties. */
  excludes(object: object): boolean {
    return this.#doubtful && literalHasOwnKind(object, this.keys);
  }
}

export class ObjectShapes {
  /** The shape of the object that came last. */
  latest: Shape = new Shape([noKey], -1);
  readonly #shapes: Shape[] = [];

  constructor(private readonly labels: LabelDictionary) {}

  /** The shape of an object, made if there is none; undefined when it cannot be had. */
  find(object: object): Shape | undefined {
    // What a program has given to Object.prototype, for-in would take for the object's own.
    for (const _ in bare) return undefined;
    const first = firstKey(object);
    for (const shape of this.#shapes)
      if (shape.keys[0] === first && hasKeys(object, shape.keys)) return shape;
    if (this.#shapes.length === maxShapes) return undefined;
    const keys = Object.keys(object);
    if (keys.length > maxKeys) return undefined;
    const label = this.labels.idOf(JSON.stringify(keys), maxShapeUnits);
    if (label < 0) return undefined;
    const made = new Shape(keys, label);
    this.#shapes.push(made);
    return made;
  }
}

/** Has no properties of its own. */
const bare = {};

function firstKey(object: object): string | undefined {
  for (const key in object) return key;
  return undefined;
}

/** Whether an object has exactly these keys, in this order. */
function hasKeys(object: object, keys: readonly string[]): boolean {
  let k = 0;
  for (const key in object) if (k === keys.length || key !== keys[k++]) return false;
  return k === keys.length;
}
