/**
 * An object whose prototype was changed is still what it was made as: it comes back as `structuredClone` copies it, or
 * is refused.
 */
import { types } from 'node:util';
import { describe, expect, it } from 'vitest';
import { EventError } from '../../../dist/src/index.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import { anySchema } from '../../../dist/src/schema/columns/schema.js';
import { assertSameClone } from '../../fixtures/same-clone.js';

const Events = anySchema('events');

class Point {
  x = 1;
}
class Tagged {
  x = 1;
  get [Symbol.toStringTag]() {
    return 'Object';
  }
}

const kept: Record<string, () => object> = {
  'a Map': () => new Map<unknown, unknown>([['k', { v: 1 }]]),
  'an empty Map': () => new Map(),
  'a Set': () => new Set([1, 'x']),
  'a Date': () => new Date(5),
  'an invalid Date': () => new Date(Number.NaN),
  'a RegExp': () => /a\/b/gi,
  'an Error': () => new Error('wrong', { cause: { a: 1 } }),
  'a Uint8Array': () => new Uint8Array([1, 2]),
  'an empty Uint8Array': () => new Uint8Array(0),
  'a Float64Array': () => new Float64Array([1.5]),
  'a DataView': () => new DataView(new ArrayBuffer(2)),
  'an ArrayBuffer': () => new Uint8Array([7, 8]).buffer,
  'an array': () => [1, { a: 2 }],
  'an empty array': () => [],
  'a boxed number': () => Object(-0),
  'a boxed text': () => Object('ab'),
  'an empty boxed text': () => Object(''),
  'a boxed boolean': () => Object(false),
  'a boxed bigint': () => Object(5n),
};

function args(..._: unknown[]): object {
  // biome-ignore lint/complexity/noArguments: they are what is tested.
  return arguments;
}

const refused: Record<string, () => object> = {
  'a promise': () => Promise.resolve(1),
  'a WeakMap': () => new WeakMap(),
  'a WeakSet': () => new WeakSet(),
  'a boxed symbol': () => Object(Symbol('s')),
  'shared memory': () => new SharedArrayBuffer(2),
  'a view of shared memory': () => new Uint8Array(new SharedArrayBuffer(2)),
  arguments: () => args(1, 2),
  'arguments of none': () => args(),
};
/** Kinds that only V8 knows of: those with properties are copied as plain objects. */
const refusedWithoutProperties: Record<string, () => object> = {
  'a WeakRef': () => new WeakRef({}),
  'a FinalizationRegistry': () => new FinalizationRegistry(() => {}),
  'a generator': () => (function* () {})(),
  'an iterator': () => [1].values(),
  'a formatter': () => new Intl.NumberFormat(),
};

const prototypes: Record<string, object | null | undefined> = {
  'its own prototype': undefined,
  'no prototype': null,
  'that of a literal': Object.prototype,
  'that of a class': Point.prototype,
  'that of a class with a tag': Tagged.prototype,
  'that of a Map': Map.prototype,
  'that of a Set': Set.prototype,
  'that of a Date': Date.prototype,
  'that of an array': Array.prototype,
  'that of bytes': Uint8Array.prototype,
  'that of a Buffer': Buffer.prototype,
  'that of an Error': Error.prototype,
};

/** Properties of the object's own. */
const properties: Record<string, object | undefined> = {
  nothing: undefined,
  'a name': { extra: 1 },
  'a tag': { [Symbol.toStringTag]: 'Object', extra: 1 },
  'a method of the class': { extra: 1, entries: () => [], size: 0, values: () => [] },
};

/** Cases of some kinds with each prototype and all properties that are possible. */
function casesOf(kinds: Record<string, () => object>, all: typeof properties = properties) {
  return Object.entries(kinds).flatMap(([kind, make]) =>
    Object.entries(prototypes).flatMap(([of, prototype]) =>
      Object.entries(all).flatMap(([property, own]) => {
        const value = () => {
          const made = make();
          for (const key of Reflect.ownKeys(own ?? {}))
            Object.defineProperty(made, key, {
              value: Reflect.get(own as object, key),
              enumerable: true,
              configurable: true,
            });
          if (prototype !== undefined) Object.setPrototypeOf(made, prototype);
          return made;
        };
        // A Uint8Array with the prototype of Buffers is a Buffer.
        if (types.isUint8Array(value()) && prototype === Buffer.prototype) return [];
        return isUnknowable(value()) ? [] : [{ name: `${kind} with ${of} and ${property}`, value }];
      }),
    ),
  );
}

/** By its prototype and its first key it is a literal: the price of fast literals (see `anySchema`). */
function isUnknowable(value: object): boolean {
  const [first] = Object.keys(value);
  return Object.getPrototypeOf(value) === Object.prototype && first !== undefined && !/^\d/.test(first);
}

/** Whether none of its properties is a function, say. */
function isData(value: object): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** The value alone, and in each place in which another value may be. */
const places: ((value: object) => unknown)[] = [
  (value) => value,
  (value) => [value],
  (value) => ({ value }),
  (value) => ({ before: {}, deep: { list: [1, value] } }),
  (value) => new Map<unknown, unknown>([[value, 1]]),
  (value) => new Map([['k', value]]),
  (value) => new Set([value]),
  (value) => Object.assign(Object.create(null), { value }),
  (value) => Object.assign(new Point(), { value }),
  (value) => Object.fromEntries(Array.from({ length: 40 }, (_, k) => [`k${k}`, value])),
];

/** What came before must make no difference: shapes are guessed by it. */
const likeIt = [{}, {}, { value: {} }, { 0: 1, 1: 2 }, { 0: 1, 1: 2 }, { extra: 1 }, { extra: 1 }];
const befores: unknown[][] = [[], likeIt, Array.from({ length: 70 }, (_, i) => ({ [`k${i}`]: i }))];

describe('bytes with properties of their own', () => {
  it.each([{ length: 1 }, { byteOffset: 2 }, { byteLength: 1 }, { buffer: new ArrayBuffer(9) }])(
    'are copied by what they are: %o',
    (own) => {
      const shadowed = (bytes: Uint8Array) => {
        const properties = Object.entries(own).map(([name, value]) => [name, { value }]);
        return Object.defineProperties(bytes, Object.fromEntries(properties));
      };
      const bytes = shadowed(new Uint8Array([1, 2, 3]));
      for (const event of [bytes, { bytes }, [bytes, /with V8/]])
        assertSameClone(batchOf(Events, [event]).row(0), structuredClone(event));
      const buffer = shadowed(Buffer.from([1, 2, 3]));
      for (const event of [[buffer], [buffer, /with V8/]]) {
        const [got] = batchOf(Events, [event]).row(0) as [Uint8Array];
        expect([...got]).toEqual([1, 2, 3]);
      }
    },
  );
});

describe('an object with a changed prototype', () => {
  it.each(casesOf(kept))('is copied by its kind: $name', ({ value }) => {
    if (!isData(value())) return expect(() => batchOf(Events, [value()])).toThrow(EventError);
    const events = places.map((place) => place(value()));
    for (const before of befores) {
      const rows = batchOf(Events, [...before, ...events])
        .rows()
        .slice(before.length);
      rows.forEach((row, k) => void assertSameClone(row, structuredClone(events[k])));
    }
  });

  it.each([
    ...casesOf(refused),
    ...casesOf(refusedWithoutProperties, { nothing: undefined }).filter(({ name }) => !/literal/.test(name)),
  ])('is refused for its kind: $name', ({ value }) => {
    for (const place of places)
      expect(() => batchOf(Events, [...likeIt, place(value())])).toThrow(
        expect.objectContaining({ code: 'ERR_EVENT_INVALID', fault: 'not_serializable' }),
      );
  });
});
