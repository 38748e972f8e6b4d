/**
 * Generated code as lines, so that a person can read it in a stack trace, a profile or a debugger.
 */

/** Lines of code. A list within the list is a level deeper; an empty text is no line. */
export type Code = readonly (string | Code)[];

/** The source text of code. */
export function sourceText(code: Code, indent = ''): string {
  let text = '';
  for (const line of code) {
    if (typeof line !== 'string') text += sourceText(line, `${indent}  `);
    else if (line !== '') text += `${indent}${line}\n`;
  }
  return text;
}

/** Longer lines are broken where there is a place for it. */
const wantedLength = 80;

/** A sum between `head` and `tail`: on one line if that is short, or a line for each term. */
export function sum(head: string, terms: readonly string[], tail: string): Code {
  const line = `${head}${terms.join(' + ')}${tail}`;
  if (line.length <= wantedLength) return [line];
  return [head.trimEnd(), terms.map((term, i) => term + (i + 1 < terms.length ? ' +' : tail))];
}

/** An `if` with its one statement, on the line of the condition if that is short. */
export function ifThen(condition: string, statement: string): Code {
  const line = `if (${condition}) ${statement}`;
  return line.length <= wantedLength ? [line] : [`if (${condition})`, [statement]];
}
