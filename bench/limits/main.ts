/**
 * `npm run bench:limits`: the cost of a push, beside the least that any producer could cost.
 */
import type { Case } from '../harness/measuring.js';
import { readOptions } from '../harness/options.js';
import type { Result } from '../harness/report/report.js';
import { repeated } from '../harness/report/statistics.js';
import { type ResultKey, runSuite } from '../harness/run.js';
import type { LimitTask, Way } from './measure.js';

/** The ways by their names on the command line: the page's label, and the task's way and rows. */
const ways: Record<string, { label: string; way: Way; rows?: number }> = {
  floor: { label: 'floor: plain typed arrays', way: 'floor' },
  'floor-without-texts': { label: 'floor, without the text', way: 'floor-without-texts' },
  push: { label: 'push', way: 'push' },
  pushMany: { label: 'pushMany', way: 'pushMany' },
  pushColumns: { label: 'pushColumns, 1000 rows a call', way: 'pushColumns' },
  'pushColumns-5000': { label: 'pushColumns, 5000 rows a call', way: 'pushColumns', rows: 5000 },
};
const groups = { numbers: 'four numbers', labels: 'three numbers and two labels', request: 'six fields' };
/** The module that measures each case. */
const module = new URL('./measure.js', import.meta.url);
const options = readOptions(
  'bench:limits',
  { repeats: 7, ms: 1000, quickMs: 200 },
  { ways: [...Object.keys(ways), 'copy'], events: Object.keys(groups) },
);
const { chosen, ms } = options;

const producing = chosen.events.flatMap((events) =>
  Object.entries(ways)
    .filter(([name]) => chosen.ways.includes(name))
    // Only the six fields have a text.
    .filter(([name]) => events === 'request' || name !== 'floor-without-texts')
    .map(([name, { label, way, ...rows }]): Case<ResultKey> => {
      const task: LimitTask = { way, events: events as LimitTask['events'], ms, ...rows };
      const group = groups[events as LimitTask['events']];
      return { key: { name, label, own: way.startsWith('push'), group }, module, task };
    }),
);
const copying = [2 ** 16, 2 ** 24].flatMap((bytes) =>
  (['copy-in', 'copy-out'] as const).map((way): Case<ResultKey> => {
    const task: LimitTask = { way, events: 'numbers', bytes, ms };
    const size = bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;
    const direction = way === 'copy-in' ? 'private to shared' : 'shared to private';
    const label = `${direction}, ${size} at a time`;
    return {
      key: { name: `${way}-${bytes}`, label, own: false, group: 'copying memory' },
      module,
      task,
    };
  }),
);

/**
 * The copies that pushColumns is compared with. They are as large as a few blocks, so that the nearest cache helps
 * neither.
 */
const memcpy = `copy-in-${2 ** 16}`;

/** Add the ratio of each repeat to the floor, and to the copy, of the same repeat: both were measured close in time. */
function withRatios(results: readonly Result[]): Result[] {
  const copied = results.find(({ name }) => name === memcpy)?.figures.gbPerSecond;
  return results.map((result) => {
    const floor = results.find(({ name, group }) => name === 'floor' && group === result.group);
    const { nsPerEvent, gbPerSecond } = result.figures;
    const least = floor?.figures.nsPerEvent;
    if (nsPerEvent === undefined || least === undefined) return result;
    const timesFloor = repeated(nsPerEvent.all.map((ns, i) => ns / (least.all[i] as number)));
    const figures = { ...result.figures, timesFloor };
    if (copied === undefined || gbPerSecond === undefined) return { ...result, figures };
    const ofMemcpy = repeated(gbPerSecond.all.map((gb, i) => gb / (copied.all[i] as number)));
    return { ...result, figures: { ...figures, ofMemcpy } };
  });
}

await runSuite(
  {
    suite: 'limits',
    settings: {},
    cases: [...producing, ...(chosen.ways.includes('copy') ? copying : [])],
    notApplicable: [],
    derive: withRatios,
    print: ['eventsPerSecond', 'nsPerEvent', 'timesFloor', 'gbPerSecond', 'ofMemcpy', 'heapBytesPerEvent'],
  },
  options,
);
