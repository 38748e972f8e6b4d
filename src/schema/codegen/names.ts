/**
 * Names of columns in generated code. They come from users and may be anything: they reach the code as quoted literals
 * and within comments, nowhere else.
 */

/** Control characters, marks that turn text around, line ends, halves of surrogate pairs: what a reader may not see. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** What would end a comment, and what tools look for in a source: `//# sourceMappingURL=`. */
const directive = /(?<=\*)\/|(?<=[*/])[#@]/g;

/**
 * A text as a literal of one line, which may stand in a comment.
 * @example quoted('a "b" *' + '/') // "a \"b\" *\u002f"
 */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(unseen, escaped).replace(directive, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** A name as a key of an object literal. A plain "__proto__" would set the prototype; computed, it is a property. */
export function literalKey(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : quoted(name);
}

const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Whether every object seems to have a property of the name: then only an own one is a value. */
export function isInherited(name: string): boolean {
  return inherited.has(name);
}

/** A comment that says which column the variables with the number `k` are of. */
export function columnComment(k: number, name: string, column: { type: string; nullable: boolean }): string {
  return `// ${k} ${quoted(name)}: ${column.type}${column.nullable ? ', optional' : ''}`;
}
