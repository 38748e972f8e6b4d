/**
 * Damages that no test can find, each with the reason: the damaged code does the same. They do not count as survivors.
 *
 * A mark names its place by the file, the declarations around it and the text, so that it moves with the code. A mark
 * that fits no damage any more is an error: the code has changed, and the reason may no longer hold.
 */
import type { Kind } from './damage.js';

export interface Equivalent {
  readonly file: string;
  readonly within: string;
  readonly kind: Exclude<Kind, 'chosen'>;
  /** The damaged text, with each run of white space as one blank. */
  readonly before: string;
  /** What stands there afterwards; missing where each damage of the kind at this text is meant. */
  readonly after?: string;
  readonly reason: string;
}

export const equivalents: readonly Equivalent[] = [];
