/**
 * Paths of what is redacted, written as pino has them: `user.password`, `users[*].token`, `*.secret`,
 * `headers["x-key"]`. A name alone stands for every member whose name has it, at any depth, whatever its case.
 */

/** A member's name; undefined stands for every one (`*`). */
type Step = string | undefined;

export interface RedactPaths {
  /** Names alone, in lower case. */
  readonly names: readonly string[];
  readonly paths: readonly (readonly Step[])[];
}

/** A step: a name, `*`, a number or a quoted name in brackets, `[*]`. */
const step = /(?:^|\.)([^.[\]"']+)|\[(?:(\d+|\*)|"([^"]*)"|'([^']*)')\]/y;

/** @returns undefined for what is no path. */
export function stepsOf(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) return undefined;
    const [, plain, inBrackets, ...quoted] = match;
    const bare = plain ?? inBrackets;
    steps.push(bare === '*' ? undefined : (bare ?? quoted.find((name) => name !== undefined)));
  }
  return steps.length === 0 ? undefined : steps;
}

/** @param given paths that `stepsOf` takes. */
export function pathsOf(given: readonly string[]): RedactPaths {
  const all = given.map((path) => stepsOf(path) ?? []);
  const isName = ([first, ...more]: readonly Step[]) => first !== undefined && more.length === 0;
  return {
    names: all.filter(isName).map(([name]) => (name as string).toLowerCase()),
    paths: all.filter((steps) => !isName(steps)),
  };
}
