/**
 * Takes secrets out of what is shown: members of objects by their names and paths, and values that the texts of
 * well-known targets' errors repeat.
 *
 * It returns copies and changes nothing. What it cannot read (a getter that throws, a proxy) is redacted.
 */
import { type Censored, withoutValues } from './error-values.js';
import { pathsOf, type RedactPaths } from './path.js';

/** What is redacted where nothing is said. */
export const usualNames: readonly string[] = [
  'password',
  'passwd',
  'token',
  'secret',
  'authorization',
  'credential',
  'email',
  'phone',
];

export const usualCensor = '[REDACTED]';

/** Plain data, to be posted. */
export interface RedactSettings {
  readonly paths: readonly string[];
  /** Stands in the place of what is redacted. */
  readonly censor: string;
}

/** Deeper values are shown as the censor: there is no end to what a hostile value may nest. */
const deepest = 32;

export class Redactor {
  readonly #paths: RedactPaths;
  readonly #censor: string;

  /** @param settings undefined: nothing is redacted. */
  constructor(private readonly settings: RedactSettings | undefined) {
    this.#paths = pathsOf(settings?.paths ?? []);
    this.#censor = settings?.censor ?? usualCensor;
  }

  /** Whether a member of this name is redacted wherever it is. */
  names(name: string): boolean {
    const known = name.toLowerCase();
    return this.#paths.names.some((each) => known.includes(each));
  }

  /** A copy without the members that are redacted; a value that is no object is itself. */
  value(value: unknown): unknown {
    return this.settings === undefined ? value : this.#copy(value, [], []);
  }

  /**
   * An error's text without the values of columns that are redacted, as far as it repeats them in a form that
   * PostgreSQL, MySQL and MariaDB use.
   *
   * @param all whether every value in such a form goes, whatever its column.
   */
  text(text: string, all = false): string {
    if (this.settings === undefined) return text;
    const censor = this.#censor;
    const isCensored: Censored = (columns) =>
      all || columns.length === 0 || columns.some((column) => this.names(column));
    return withoutValues(text, isCensored, censor);
  }

  #copy(value: unknown, at: readonly string[], above: readonly object[]): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (above.includes(value) || above.length > deepest) return this.#censor;
    const inside = [...above, value];
    const member = (name: string, each: unknown) => this.#member(name, each, at, inside);
    try {
      if (Array.isArray(value)) return value.map((each, i) => member(String(i), each));
      if (value instanceof Map)
        return new Map([...value].map(([key, each]) => [key, member(String(key), each)]));
      if (value instanceof Set) return new Set([...value].map((each, i) => member(String(i), each)));
      const prototype = Object.getPrototypeOf(value);
      // A date, bytes and others have no members to name.
      if (prototype !== Object.prototype && prototype !== null) return value;
      const members = value as Record<string, unknown>;
      return Object.fromEntries(Object.keys(value).map((name) => [name, member(name, members[name])]));
    } catch {
      return this.#censor;
    }
  }

  #member(name: string, value: unknown, at: readonly string[], above: readonly object[]): unknown {
    const here = [...at, name];
    if (this.names(name) || this.#isAt(here)) return this.#censor;
    return this.#copy(value, here, above);
  }

  #isAt(here: readonly string[]): boolean {
    return this.#paths.paths.some(
      (path) =>
        path.length === here.length && path.every((step, i) => step === undefined || step === here[i]),
    );
  }
}
