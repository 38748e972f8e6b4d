/**
 * `npm run bench:compare BASE`: this checkout against a git revision, for every change of a hot path.
 *
 *     npm run bench:compare HEAD                                         what is not committed
 *     npm run bench:compare main -- --pairs 20 --measures push,ours-rows
 *
 * Both are built in a temporary folder and measured in pairs, in turns A B, B A, A B, …; a pair's ratio is free of
 * what the machine did in the meantime to both.
 */
import { parseArgs } from 'node:util';
import { type Figures, measureInChild, shuffled } from '../harness/measuring.js';
import { Random } from '../harness/random.js';
import { shown } from '../harness/report/figures.js';
import { median } from '../harness/report/statistics.js';
import type { LimitTask } from '../limits/measure.js';
import type { WayTask } from '../ways/measure-way.js';
import { type Builds, buildBoth } from './builds.js';
import { verdictOf } from './verdict.js';

interface Measure {
  readonly name: string;
  /** The module that measures, in the folder of a build's benches. */
  readonly module: string;
  readonly task: object;
  /** Less is better in all of them. */
  readonly figures: readonly string[];
}

function measures(ms: number): Measure[] {
  // The mean has garbage collection in it; the chunk in the middle has least of what others do on the machine.
  const figures = ['nsPerEvent', 'typicalNsPerEvent'];
  const pushes = (['push', 'pushMany', 'pushColumns'] as const).flatMap((way) =>
    (['numbers', 'request'] as const).map((events): Measure => {
      const task: LimitTask = { way, events, ms };
      return { name: `${way}, ${events}`, module: 'limits/measure.js', task, figures };
    }),
  );
  const ways = ['ours-rows', 'ours-columns', 'ours-any'].map((way): Measure => {
    const task: WayTask = { way, batch: 1000, producers: 1, intervalMs: 100, inFlight: 8, ms };
    const figures = ['nsPerEvent', 'mainCpuNsPerEvent', 'totalCpuNsPerEvent'];
    return { name: way, module: 'peers/measure.js', task, figures };
  });
  return [...pushes, ...ways];
}

async function measured({ module, task }: Measure, benches: URL): Promise<Figures> {
  const figures = await measureInChild({ module: new URL(module, benches), task });
  return { nsPerEvent: 1e9 / (figures.eventsPerSecond as number), ...figures };
}

async function compare(builds: Builds, chosen: readonly Measure[], pairs: number): Promise<void> {
  const random = new Random(1);
  const found = new Map(chosen.map((each): [Measure, { base: Figures; here: Figures }[]] => [each, []]));
  for (let pair = 0; pair < pairs; pair++) {
    for (const each of shuffled(chosen, random)) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[Kpair ${pair + 1} of ${pairs}: ${each.name}`);
      const first = await measured(each, pair % 2 === 0 ? builds.base : builds.here);
      const then = await measured(each, pair % 2 === 0 ? builds.here : builds.base);
      found.get(each)?.push(pair % 2 === 0 ? { base: first, here: then } : { base: then, here: first });
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  for (const [{ name, figures }, all] of found) for (const figure of figures) print(name, figure, all);
}

function print(name: string, figure: string, all: readonly { base: Figures; here: Figures }[]): void {
  const { title, format } = shown(figure);
  const [base, here] = (['base', 'here'] as const).map((side) => all.map((each) => each[side][figure]));
  if (base === undefined || here === undefined || [...base, ...here].some((value) => value == null)) return;
  const { ratio, interval, words } = verdictOf(all.map((_, i) => Number(here[i]) / Number(base[i])));
  const between =
    interval === undefined
      ? ''
      : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}] at ${(100 * interval.confidence).toFixed(1)} %`;
  const sides = `${format(median(base as number[]))} → ${format(median(here as number[]))}`;
  console.log(
    `${`${name}: ${title}`.padEnd(56)} ${sides.padEnd(20)} × ${ratio.toFixed(3)}${between}: ${words}`,
  );
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} ${text}: expected a whole number from 1`);
  return value;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '12' },
    ms: { type: 'string', default: '1000' },
    measures: { type: 'string' },
  },
});
const [revision, ...others] = positionals;
if (revision === undefined || others.length > 0) {
  throw new Error('expected one git revision: npm run bench:compare BASE');
}
const pairs = whole('pairs', values.pairs);
const all = measures(whole('ms', values.ms));
const wanted = values.measures?.split(',').map((each) => each.trim());
const chosen = all.filter(({ name }) => wanted?.includes(name.split(',')[0] as string) ?? true);
if (chosen.length === 0)
  throw new Error(`--measures ${values.measures}: expected some of push, ours-rows, …`);

// A signal is an exit, too: what is temporary goes.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
console.log(`building ${revision} and this checkout …`);
const builds = await buildBoth(revision);
console.log(`${pairs} pairs; the ratio is this checkout by ${revision}, less is better`);
await compare(builds, chosen, pairs);
