/**
 * Tries damages one by one: those that are not marked as equivalent are put into a copy of the project, and the tests
 * of their file run.
 */
import type { Damage } from './damage.js';
import type { DamagedCopy } from './damaged-copy.js';
import { markOf } from './marks.js';
import type { Tried } from './report.js';
import { noTest, runTests } from './run-tests.js';
import type { TestTable } from './tests-of.js';

export interface Trial {
  readonly copies: readonly DamagedCopy[];
  readonly tests: TestTable;
  readonly limitMs: number;
  readonly tried: (tried: Tried) => void;
}

/** @returns what has become of each damage, in the order of the ends. */
export async function tryDamages(damages: readonly Damage[], trial: Trial): Promise<Tried[]> {
  const left = [...damages];
  const all: Tried[] = [];
  const sound = new Map<string, boolean>();
  await Promise.all(
    trial.copies.map(async (copy) => {
      for (let damage = left.shift(); damage !== undefined; damage = left.shift()) {
        const tried = await tryOne(damage, copy, trial, sound);
        all.push(tried);
        trial.tried(tried);
      }
    }),
  );
  return all;
}

async function tryOne(
  damage: Damage,
  copy: DamagedCopy,
  { tests, limitMs }: Trial,
  sound: Map<string, boolean>,
): Promise<Tried> {
  if (markOf(damage) !== undefined) return { damage, verdict: 'equivalent' };
  let files = tests.of(damage.file);
  for (;;) {
    const run = await copy.with(damage, () => runTests(copy, files, limitMs));
    if (run.failure === undefined) return { damage, verdict: 'survived', run };
    const { file, test, hung } = run.failure;
    const verdict = hung ? 'hung' : 'found';
    const isOfDamage = !hung && test !== noTest && !/timed out/i.test(test);
    if (isOfDamage) return { damage, verdict, run };
    // A test that fails by time may have missed a processor, and nothing else.
    const isSound = sound.get(file) ?? (await runTests(copy, [file], limitMs)).failure === undefined;
    sound.set(file, isSound);
    if (isSound) return { damage, verdict, run };
    files = files.filter((name) => name !== file);
    if (files.length === 0) return { damage, verdict: 'doubtful', run };
  }
}
