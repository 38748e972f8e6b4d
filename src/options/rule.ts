/**
 * A rule: what an option may be, and its default. Each option of the package is declared by one; `check()` applies it.
 *
 * Rules run once for each call that takes options, never for an event.
 */
import { ConfigError } from '../errors.js';

/** The input of a rule for a value; members of a group may be left out of it. */
type Input<T> = T extends object ? Partial<T> : T;

/** What errors show of a secret. */
export const hidden = '[hidden]';

export class Rule<out T> {
  /**
   * @param takes whether a value is of the right kind; a value for which the test throws is refused.
   * @param expected the text of what is allowed, for errors.
   * @param read checks what lies inside a value of the right kind, and returns the checked value.
   * @param hides whether a value may hold a secret, in whatever form it was given: errors do not show it.
   */
  constructor(
    readonly takes: (value: unknown) => boolean,
    readonly expected: string | ((value: unknown) => string),
    readonly read: (value: unknown, key: string) => T = (value) => value as T,
    readonly hides = false,
  ) {}

  /**
   * Check a value.
   *
   * @param key the option's name in errors, with the names of its groups: `retry.maxAttempts`.
   * @returns the value; of a group or a list a copy, with defaults.
   * @throws ConfigError for a value that is not allowed.
   */
  check(value: unknown, key: string): T {
    if (!holds(this.takes, value)) throw this.#refusal(value, key, this.expected);
    return this.read(value, key);
  }

  /** The same rule with one more test of the checked value. */
  and(test: (value: T) => boolean, expected: string): Rule<T> {
    const read = (value: unknown, key: string) => {
      const checked = this.read(value, key);
      if (!test(checked)) throw this.#refusal(value, key, expected);
      return checked;
    };
    return new Rule(this.takes, this.expected, read, this.hides);
  }

  /** The same rule for an option that may be left out. Its value is undefined then. */
  optional(): OptionalRule<T | undefined> {
    return new OptionalRule<T | undefined>(this, undefined);
  }

  /** The same rule for an option that may be left out. The default is used then, and is checked like any value. */
  default(value: Input<T>): OptionalRule<T> {
    return new OptionalRule<T>(this, value);
  }

  #refusal(value: unknown, key: string, expected: Rule<T>['expected']): ConfigError {
    // That nothing was given is no secret.
    const shown = this.hides && value !== undefined ? hidden : value;
    return new ConfigError(key, shown, typeof expected === 'string' ? expected : textFor(expected, value));
  }
}

/** A rule of an option that may be left out. */
export class OptionalRule<out T> extends Rule<T> {
  constructor(
    { takes, expected, read, hides }: Rule<T>,
    /** The input that replaces an option that is left out or undefined. */
    readonly fallback: unknown,
  ) {
    super(takes, expected, read, hides);
  }

  override check(value: unknown, key: string): T {
    const given = value === undefined ? this.fallback : value;
    return given === undefined ? (undefined as T) : super.check(given, key);
  }
}

/** What was expected of a value; of one that throws when it is read again, less is said. */
function textFor(expected: (value: unknown) => string, value: unknown): string {
  try {
    return expected(value);
  } catch {
    return 'a value that can be read';
  }
}

/** Whether a value passes a test. A value whose proxy or getter throws does not pass. */
export function holds(test: (value: unknown) => boolean, value: unknown): boolean {
  try {
    return test(value);
  } catch {
    return false;
  }
}
