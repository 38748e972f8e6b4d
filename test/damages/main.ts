/**
 * `npm run damages`: damages the built code in many small ways, and prints which damages no test finds.
 *
 *     npm run damages -- --chosen                      the chosen damages
 *     npm run damages -- --seed 1 --count 150          as many of all damages
 *     npm run damages -- --only src/ring/parking.ts    all damages of a file
 *     npm run damages -- --skip 60 --count 30          a part of them; --list only prints them
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkBuild } from '../build-stamp.mjs';
import { chosenDamages } from './chosen-damages.js';
import { DamagedCopy } from './damaged-copy.js';
import { staleMarks } from './marks.js';
import { randomDamages } from './random-damages.js';
import { lineOf, shareFound, tableOf, textOf } from './report.js';
import { endLeftovers } from './run-tests.js';
import { TestTable } from './tests-of.js';
import { tryDamages } from './try-damages.js';

const { values } = parseArgs({
  options: {
    chosen: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    count: { type: 'string' },
    skip: { type: 'string', default: '0' },
    only: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '1' },
    limit: { type: 'string', default: '90' },
    list: { type: 'boolean', default: false },
  },
});

const project = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const sourceOf = (file: string) => readFileSync(join(project, file), 'utf8');
checkBuild(project);
const stale = staleMarks(project);
if (stale.length > 0) throw new Error(`marks that fit no damage any more: ${JSON.stringify(stale, null, 2)}`);

const { chosen, only, seed } = values;
const all = chosen ? chosenDamages(project, only) : randomDamages(project, Number(seed), only);
const first = Number(values.skip);
const most = Number(values.count ?? (chosen || only.length > 0 ? Number.POSITIVE_INFINITY : 150));
const damages = all.slice(first, first + most);
const tests = new TestTable(project);
console.log(chosen ? `${damages.length} chosen` : `seed ${seed}: ${damages.length} of ${all.length}`);

if (values.list) {
  for (const damage of damages) console.log(textOf({ damage, verdict: 'survived' }, sourceOf(damage.file)));
} else {
  const began = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'damages-'));
  chmodSync(folder, 0o755);
  const end = () => {
    endLeftovers(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const copies = Array.from(
    { length: Number(values.jobs) },
    (_, job) => new DamagedCopy(join(folder, String(job)), project),
  );
  let number = first;
  const tried = await tryDamages(damages, {
    copies,
    tests,
    limitMs: Number(values.limit) * 1000,
    tried: (one) => console.log(lineOf(one, sourceOf(one.damage.file), ++number)),
  });
  const survivors = tried.filter(({ verdict }) => verdict === 'survived' || verdict === 'doubtful');
  for (const one of survivors) console.log(textOf(one, sourceOf(one.damage.file)));
  console.log(`\n${tableOf(tried)}\n\n${((Date.now() - began) / 1000).toFixed(0)} s`);
  if (chosen ? survivors.length > 0 : shareFound(tried) < 0.9) process.exitCode = 1;
}
