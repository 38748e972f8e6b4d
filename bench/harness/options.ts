/**
 * The command line of the benches, checked before anything is measured.
 */
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { resultsFolder } from './report/report.js';

/** Options that every bench has. */
export interface CommonOptions {
  readonly repeats: number;
  /** Duration of one measurement. */
  readonly ms: number;
  readonly seed: number;
  readonly quick: boolean;
  /** Folder of the results. */
  readonly folder: URL;
  /** Command line, for the report. */
  readonly command: string;
}

export interface Defaults {
  readonly repeats: number;
  readonly ms: number;
  /** Value of `ms` with `--quick`, which repeats nothing. */
  readonly quickMs: number;
}

/**
 * Read the command line: `--repeats`, `--ms`, `--seed`, `--quick`, `--out`, and lists that the bench knows by name.
 *
 * @param lists the names of each list; all are chosen unless the option is given.
 * @throws Error that names the option.
 */
export function readOptions<L extends Record<string, readonly string[]>>(
  script: string,
  defaults: Defaults,
  lists: L,
): CommonOptions & { readonly chosen: { readonly [K in keyof L]: string[] } } {
  const given = process.argv.slice(2);
  const { values } = parseArgs({
    args: given,
    options: {
      repeats: { type: 'string' },
      ms: { type: 'string' },
      seed: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      ...Object.fromEntries(Object.keys(lists).map((name) => [name, { type: 'string' as const }])),
    },
  });
  const { quick, ...others } = values;
  const texts: Record<string, string | undefined> = others;
  const chosen = Object.entries(lists).map(([name, known]) => [name, choice(name, texts[name], known)]);
  return {
    repeats: wholeNumber('repeats', texts.repeats, quick ? 1 : defaults.repeats),
    ms: wholeNumber('ms', texts.ms, quick ? defaults.quickMs : defaults.ms),
    seed: wholeNumber('seed', texts.seed, 1),
    quick,
    folder: folderOf(texts.out, quick),
    command: [`npm run ${script}`, ...(given.length > 0 ? ['--', ...given] : [])].join(' '),
    chosen: Object.fromEntries(chosen),
  };
}

/** A quick run is no result: it goes into a folder of its own. */
function folderOf(out: string | undefined, quick: boolean): URL {
  if (out !== undefined) return pathToFileURL(resolve(out) + sep);
  return quick ? new URL('quick/', resultsFolder) : resultsFolder;
}

/**
 * The value of an option that is a whole number from 1.
 *
 * @param otherwise the value when the option is not given.
 * @throws Error that names the option.
 */
export function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${text}: expected a whole number from 1`);
}

/**
 * The names in a comma-separated option, in the order in which they are known; all of them when it is not given.
 *
 * @throws Error that names the option and lists what is known.
 */
export function choice(name: string, text: string | undefined, known: readonly string[]): string[] {
  if (text === undefined) return [...known];
  const chosen = text.split(',').map((each) => each.trim());
  const unknown = chosen.filter((each) => !known.includes(each));
  if (unknown.length > 0)
    throw new Error(`--${name} ${unknown.join(',')}: expected some of ${known.join(', ')}`);
  return known.filter((each) => chosen.includes(each));
}
