/** A name as a key of an object literal. A plain "__proto__" would set the prototype; computed, it is a property. */
export function literalKey(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}
