/**
 * Knows of which classes an object is no more than its own properties: then it is copied as a plain object, as
 * `structuredClone` does. A prototype can be changed, so it says less than the object's own kind (`own-kind.ts`).
 */

/** By prototype, as all objects of a class are alike. */
const known = new WeakMap<object, boolean>();

/** Whether a value is an object such as a literal makes, or a proxy of one. */
export function isLiteral(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    // V8 knows it by the hidden class, and so what the next line asks for.
    value.constructor === Object &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Whether V8 would copy an object of a class as a plain one, unless it is of a kind of its own. */
export function isOrdinary(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object;
  let ordinary = known.get(prototype);
  if (ordinary === undefined) {
    ordinary = isOrdinaryPrototype(prototype);
    known.set(prototype, ordinary);
  }
  return ordinary;
}

/** Whether no class of the platform is among the classes, and nothing that is inherited seems to be a value. */
function isOrdinaryPrototype(prototype: object): boolean {
  for (const _ in Object.create(prototype)) return false;
  for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    if (one === null || isNative(Object.getOwnPropertyDescriptor(one, 'constructor')?.value)) return false;
  }
  return true;
}

/** Also said of what is no function. */
function isNative(made: unknown): boolean {
  return typeof made !== 'function' || Function.prototype.toString.call(made).includes('[native code]');
}
