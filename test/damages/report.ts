/**
 * What the tool prints: a line for each damage as it ends, each survivor with its text, and a table by room.
 */
import type { Damage } from './damage.js';
import { oneLine } from './damage.js';
import type { TestRun } from './run-tests.js';

/** `doubtful`: the test that failed fails without the damage, too. */
export type Verdict = 'found' | 'hung' | 'survived' | 'equivalent' | 'doubtful';

export interface Tried {
  readonly damage: Damage;
  readonly verdict: Verdict;
  readonly run?: TestRun;
}

const short = (text: string, most = 400) => (text.length > most ? `${text.slice(0, most)} …` : text);

/** @param text of the damaged file. */
export function placeOf({ file, start, within, kind }: Damage, text: string): string {
  return `${file}:${text.slice(0, start).split('\n').length} ${within} ${kind}`;
}

/** @returns a line for a damage that was tried. */
export function lineOf({ damage, verdict, run }: Tried, text: string, number: number): string {
  const by =
    run?.failure === undefined ? '' : `  ${run.failure.file} > ${short(oneLine(run.failure.test), 120)}`;
  const seconds = run === undefined ? '' : ` ${run.seconds.toFixed(1)} s`;
  return `${number} ${verdict.padEnd(10)} ${placeOf(damage, text)}${seconds}${by}`;
}

/** @returns a damage that tests have not found, to be read. */
export function textOf({ damage }: Tried, text: string): string {
  const lines = [`\n${placeOf(damage, text)}`, `  - ${short(oneLine(damage.before))}`];
  lines.push(`  + ${short(oneLine(damage.after))}`);
  if (damage.why !== undefined) lines.push(`    ${damage.why}`);
  return lines.join('\n');
}

const found = (verdict: Verdict) => verdict === 'found' || verdict === 'hung';

/** @returns the share of damages that tests have found; equivalent ones do not count. */
export function shareFound(all: readonly Tried[]): number {
  const counted = all.filter(({ verdict }) => verdict !== 'equivalent');
  return counted.length === 0 ? 1 : counted.filter(({ verdict }) => found(verdict)).length / counted.length;
}

/** @returns the table by room. */
export function tableOf(all: readonly Tried[]): string {
  const roomOf = ({ damage }: Tried) => damage.file.split('/').slice(1, -1).slice(0, 1).join('/');
  const verdicts: Verdict[] = ['found', 'hung', 'survived', 'doubtful', 'equivalent'];
  const row = (name: string, tried: readonly Tried[]) =>
    [
      name.padEnd(12),
      String(tried.length).padStart(6),
      ...verdicts.map((verdict) =>
        String(tried.filter((one) => one.verdict === verdict).length).padStart(11),
      ),
      `${(100 * shareFound(tried)).toFixed(1)} %`.padStart(9),
    ].join('');
  const rooms = [...new Set(all.map(roomOf))].sort();
  const head = [
    'room'.padEnd(12),
    'tried'.padStart(6),
    ...verdicts.map((verdict) => verdict.padStart(11)),
  ].join('');
  const rows = rooms.map((room) =>
    row(
      room,
      all.filter((one) => roomOf(one) === room),
    ),
  );
  return [head, ...rows, row('all', all)].join('\n');
}
