/**
 * Columns of enum and set. Where a text is no member but a number, the server takes it for the member of that number,
 * in its strict modes, too, and would store another value. So its row is refused, before anything is sent.
 */
import type { Batch } from '../../schema/read/batch.js';
import { BadValueError } from '../sql/bad-value.js';

export interface MemberColumn {
  readonly name: string;
  readonly members: ReadonlySet<string>;
}

/** The members of a type such as `enum('a','b')`; undefined for types that have none. */
export function membersOf(declared: string): ReadonlySet<string> | undefined {
  if (!/^(enum|set)\(/i.test(declared)) return undefined;
  return new Set(
    Array.from(declared.matchAll(/'((?:[^']|'')*)'/g), ([, text = '']) => text.replaceAll("''", "'")),
  );
}

/** What the server reads as a number. */
const number = /^\s*[+-]?\d+\s*$/;

/** Add the rows with a number that is no member, each with its error. */
export function addNonMembers(
  found: Map<number, unknown>,
  batch: Batch,
  columns: readonly MemberColumn[],
): void {
  for (const { name, members } of columns) {
    const texts = batch.columns[name] as unknown as { get(i: number): string | null };
    for (let i = 0; i < batch.length; i++) {
      const text = texts.get(i);
      if (text !== null && number.test(text) && !members.has(text)) {
        found.set(i, new BadValueError(name, 'its members, and no other numbers'));
      }
    }
  }
}
