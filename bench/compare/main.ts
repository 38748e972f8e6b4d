/**
 * `npm run bench:compare BASE`: this checkout against a git revision, for every change of a hot path.
 *
 *     npm run bench:compare HEAD                              uncommitted changes
 *     npm run bench:compare main -- --pairs 20 --measures push,ours-rows-100,sqlite-ours
 *
 * Both are built in a temporary folder and measured in pairs, in turns A B, B A, A B, … The ratio of a pair cancels
 * slow changes of the machine, which affect both sides alike.
 */
import { parseArgs } from 'node:util';
import { type Figures, measureInChild, shuffled } from '../harness/measuring.js';
import { choice, wholeNumber } from '../harness/options.js';
import { Random } from '../harness/random.js';
import { shown } from '../harness/report/figures.js';
import { median } from '../harness/report/statistics.js';
import { type Builds, buildBoth } from './builds.js';
import { allMeasures, type Measure, measurementOf } from './measures.js';
import { verdictOf } from './verdict.js';

/** The figures of one measure, taken on both sides one right after the other. */
interface Pair {
  readonly base: Figures;
  readonly here: Figures;
}

async function compare(builds: Builds, chosen: readonly Measure[], pairs: number): Promise<void> {
  const random = new Random(1);
  const found = new Map(chosen.map((each): [Measure, Pair[]] => [each, []]));
  // One child for both sides; it is of the temporary build, as this checkout may be built again meanwhile.
  const child = new URL('harness/child.js', builds.here);
  const measured = async (measure: Measure, benches: URL): Promise<Figures> => {
    const figures = await measureInChild(measurementOf(measure, benches), child);
    return { nsPerEvent: 1e9 / (figures.eventsPerSecond as number), ...figures };
  };
  for (let pair = 0; pair < pairs; pair++) {
    for (const each of shuffled(chosen, random)) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kpair ${pair + 1} of ${pairs}: ${each.label}`);
      const first = await measured(each, pair % 2 === 0 ? builds.base : builds.here);
      const then = await measured(each, pair % 2 === 0 ? builds.here : builds.base);
      found.get(each)?.push(pair % 2 === 0 ? { base: first, here: then } : { base: then, here: first });
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  for (const [{ label, figures }, all] of found) for (const figure of figures) print(label, figure, all);
}

function print(label: string, figure: string, all: readonly Pair[]): void {
  const { title, format } = shown(figure);
  const name = `${label}: ${title}`.padEnd(56);
  const base = all.map((pair) => pair.base[figure]).filter((value) => typeof value === 'number');
  const here = all.map((pair) => pair.here[figure]).filter((value) => typeof value === 'number');
  if (base.length < all.length || here.length < all.length) {
    console.log(`${name} n/a`);
    return;
  }
  const { ratio, interval, words } = verdictOf(here.map((value, i) => value / (base[i] as number)));
  const between =
    interval === undefined
      ? ''
      : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}] at ${(100 * interval.confidence).toFixed(1)} %`;
  const sides = `${format(median(base))} → ${format(median(here))}`;
  console.log(`${name} ${sides.padEnd(20)} × ${ratio.toFixed(3)}${between}: ${words}`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string' },
    ms: { type: 'string' },
    measures: { type: 'string' },
  },
});
const [revision, ...others] = positionals;
if (revision === undefined || others.length > 0) {
  throw new Error('expected one git revision: npm run bench:compare BASE');
}
const pairs = wholeNumber('pairs', values.pairs, 12);
const all = allMeasures(wholeNumber('ms', values.ms, 1000));
const names = choice('measures', values.measures, [...new Set(all.map(({ name }) => name))]);
const chosen = all.filter(({ name }) => names.includes(name));

// A signal ends the process by `exit`, so that the temporary folder is deleted.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
console.log(`building ${revision} and this checkout …`);
const builds = await buildBoth(revision);
if (builds.mismatch !== undefined) {
  console.log(
    `this checkout's benches do not compile with ${revision}, which is built with its own benches:`,
  );
  console.log(`  ${builds.mismatch.split('\n')[0]}`);
}
console.log(`${pairs} pairs; the ratio is this checkout by ${revision}, less is better`);
await compare(builds, chosen, pairs);
