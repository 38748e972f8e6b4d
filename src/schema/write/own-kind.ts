/**
 * Finds objects that are more than their own properties, whatever their prototypes say: a Map that was given another
 * prototype, the `arguments` of a call. `structuredClone` copies such an object by its kind, or refuses it.
 */
import { types } from 'node:util';

const { isAnyArrayBuffer, isBoxedPrimitive, isMap, isPromise, isSet, isWeakMap, isWeakSet } = types;
const builtinTag = Object.prototype.toString;

/** Whether V8 would copy an object by its kind, or refuse it for its kind. It takes some 100 ns (Node 20). */
export function hasOwnKind(object: object): boolean {
  return (
    hasBuiltinKind(object) ||
    isMap(object) ||
    isSet(object) ||
    isAnyArrayBuffer(object) ||
    isBoxedPrimitive(object) ||
    isPromise(object) ||
    isWeakMap(object) ||
    isWeakSet(object)
  );
}

/**
 * Whether the keys of an object with the prototype of a literal give rise to doubt. Most kinds have no keys; arrays,
 * bytes, boxed texts and `arguments` have indices. So an object whose first key is a name costs nothing.
 */
export function areDoubtful(keys: readonly string[]): boolean {
  const [first = ''] = keys;
  return keys.length === 0 || (first >= '0' && first < ':');
}

/** The same as `hasOwnKind` for an object with the prototype of a literal, by its doubtful keys. */
export function literalHasOwnKind(object: object, keys: readonly string[]): boolean {
  return keys.length === 0 ? hasOwnKind(object) : hasBuiltinKind(object);
}

/** Whether it is an array, a view of memory, or of a kind with a built-in tag. Much faster than to ask for each. */
function hasBuiltinKind(object: object): boolean {
  if (Array.isArray(object) || ArrayBuffer.isView(object)) return true;
  if (!(Symbol.toStringTag in object)) return builtinTag.call(object) !== '[object Object]';
  // A tag of the object's own hides the one that is built in.
  return (
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isNativeError(object) ||
    types.isArgumentsObject(object) ||
    isBoxedPrimitive(object)
  );
}
