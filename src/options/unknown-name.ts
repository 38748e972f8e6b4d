/**
 * The text of errors for a name that no option or event has: it suggests the name that is probably meant, or lists all.
 */

/** A name that needs more edits is another name. Short names differ by few edits, so they may have fewer. */
const mostEdits = 2;
const charactersPerEdit = 3;
/** Longer than any option; the rest would only fill the error. */
const longestShown = 80;

/**
 * @param kind what the name is taken for.
 * @param elsewhere what to use instead of names that other programs have.
 * @returns the text of what is expected instead of the name.
 */
export function unknownName(
  name: string,
  known: readonly string[],
  kind = 'option',
  elsewhere: Readonly<Record<string, string>> = {},
): string {
  if (Object.hasOwn(elsewhere, name)) return `no such ${kind}; here it is ${elsewhere[name]}`;
  const near = nearest(name, known);
  return near === undefined
    ? `no such ${kind}; there are ${known.join(', ')}`
    : `no such ${kind}; did you mean "${near}"?`;
}

export function shortened(name: string): string {
  return name.length <= longestShown ? name : `${name.slice(0, longestShown)}…`;
}

/** The known name that is the fewest edits away; undefined when none is near, or when two are equally near. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const most = Math.min(mostEdits, Math.floor(name.length / charactersPerEdit));
  const near = known
    .filter((each) => Math.abs(each.length - name.length) <= most)
    .map((each) => ({ each, edits: editsBetween(name.toLowerCase(), each.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits);
  const [first, second] = near;
  return first?.edits === second?.edits ? undefined : first?.each;
}

/** How many characters to insert, delete, replace or swap with the next one: the optimal string alignment distance. */
function editsBetween(from: string, to: string): number {
  let twoBack: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        replaced,
        at(last, j) + 1,
        at(row, j - 1) + 1,
        swapped ? at(twoBack, j - 2) + 1 : replaced,
      );
    }
    twoBack = last;
    last = row;
  }
  return at(last, to.length);
}

const at = (row: readonly number[], j: number) => row[j] as number;
