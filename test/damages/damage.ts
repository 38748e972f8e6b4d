/**
 * A damage: one piece of a source file that is replaced by another, as an error of a programmer would.
 */

export type Kind = 'drop' | 'negate' | 'shift' | 'swap' | 'chosen';

export interface Damage {
  /** The damaged file, as a path from the project's root. */
  readonly file: string;
  readonly kind: Kind;
  /** Class, method or function around the place; empty at the top of a file. */
  readonly within: string;
  readonly start: number;
  readonly end: number;
  /** Text between `start` and `end`, and what stands there afterwards. */
  readonly before: string;
  readonly after: string;
  /** Why it matters that tests find it; chosen damages have one. */
  readonly why?: string;
}

/** @returns the text with the damage in it. */
export function damaged(text: string, { start, end, after }: Damage): string {
  return text.slice(0, start) + after + text.slice(end);
}

/** @returns text on one line, so that places are the same in whatever way the formatter breaks it. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** @returns what a damage is, apart from where in the file it stands. */
export function identityOf({ file, kind, within, before, after }: Damage): string {
  return [file, kind, within, oneLine(before), oneLine(after)].join('\n');
}
