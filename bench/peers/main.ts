/**
 * `npm run bench:peers`: the ways of this project beside those of other libraries, at full speed and at a fixed rate.
 *
 *     npm run bench:peers                                                   all of it, some 25 minutes
 *     npm run bench:peers -- --quick                                        once, briefly, with batches of 1000
 *     npm run bench:peers -- --repeats 3 --batch 100,1000 --producers 1 --ways post-array,ours-rows
 */
import type { Case } from '../harness/measuring.js';
import { readOptions } from '../harness/options.js';
import { type ResultKey, runSuite } from '../harness/run.js';
import type { WayTask } from '../ways/measure-way.js';
import type { Way } from '../ways/way.js';
import { peerWays } from './ways.js';

/** The module that measures each case. */
const module = new URL('./measure.js', import.meta.url);
const inFlight = 8;
/** The interval at full speed, where batches are full long before its end. */
const intervalMs = 100;
const rate = { perSecond: 50_000, batch: 1000, intervalMs: 5 };

const options = readOptions(
  'bench:peers',
  { repeats: 7, ms: 1000, quickMs: 300 },
  { batch: ['100', '1000', '5000'], producers: ['1', '2'], ways: peerWays.map(({ name }) => name) },
);
const { chosen, quick, ms } = options;
const ways = peerWays.filter(({ name }) => chosen.ways.includes(name));
const batches = quick && chosen.batch.length === 3 ? [1000] : chosen.batch.map(Number);

const keyOf = ({ name, label, own }: Way, group: string): ResultKey => ({
  name,
  label,
  own: own === true,
  group,
});

const cases: Case<ResultKey>[] = [];
const notApplicable: { group: string; label: string; reason: string }[] = [];
for (const producers of chosen.producers.map(Number) as (1 | 2)[]) {
  for (const batch of batches) {
    const group = `full speed, batch ${batch}, ${producers === 1 ? '1 producer' : '2 producers'}`;
    for (const way of ways) {
      if (producers === 2 && way.oneProducer !== undefined) {
        notApplicable.push({ group, label: way.label, reason: way.oneProducer });
        continue;
      }
      const task: WayTask = { way: way.name, batch, producers, intervalMs, inFlight, ms };
      cases.push({ key: keyOf(way, group), module, task });
    }
  }
}
if (chosen.producers.includes('1')) {
  const group = `${rate.perSecond.toLocaleString('en')} events/s, batch ${rate.batch}, ${rate.intervalMs} ms`;
  for (const way of ways) {
    // Percentiles need more events than a rate does.
    const task: WayTask = { way: way.name, producers: 1, inFlight, ...rate, ms: 3 * ms };
    cases.push({ key: keyOf(way, group), module, task });
  }
}

await runSuite(
  {
    suite: 'peers',
    settings: { inFlight, intervalMs, rate, batches, producers: chosen.producers.map(Number) },
    cases,
    notApplicable,
    print: [
      'eventsPerSecond',
      'mainCpuNsPerEvent',
      'totalCpuNsPerEvent',
      'loopDelayP99Ms',
      'delayP50Ms',
      'delayP99Ms',
    ],
  },
  options,
);
