/**
 * What the failure of a write means: for its rows (`Verdict`), and for the people who read of it (`ErrorReason`).
 */

/**
 * What a failure means for its rows. `retry`: the target is unwell, the same rows may pass later. `fatal`: these rows
 * will never pass, and healthy ones among them are found by halving. Undefined: nobody knows; retried, then taken for
 * fatal.
 */
export type Verdict = 'retry' | 'fatal' | undefined;

/** Why writes fail, in the words that metrics, events and dead letters show. */
export const errorReasons = [
  /** Transactions met, and this one was rolled back. */
  'deadlock',
  /** A row's key is taken. */
  'duplicate_key',
  /** Another holds a lock for too long. */
  'lock_timeout',
  /** No answer in time. */
  'timeout',
  /** The way to the target, or the target itself, is down. */
  'connection',
  /** Disks and files. */
  'io',
  /** A statement, a table or a column is not what it should be. */
  'syntax',
  /** The row's values break a rule of the target. */
  'value',
  /** Passwords, certificates, rights. */
  'auth',
  /** The target has too much to do, or gets too much at once. */
  'overload',
  'unknown',
] as const;
export type ErrorReason = (typeof errorReasons)[number];

/** What is known of a failure; what is left out is not. */
export interface Meaning {
  readonly verdict?: Verdict;
  readonly reason?: ErrorReason;
  /** The batch was too large: its halves are tried, and no row is suspected. A row alone is given up. */
  readonly split?: boolean;
}

/** A row of a table of codes. */
export function meaning(verdict: 'retry' | 'fatal', reason: ErrorReason): Meaning {
  return { verdict, reason };
}

/** A property of anything thrown, getters that throw included. */
export function propertyOf(error: unknown, name: string): unknown {
  try {
    return (error as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
