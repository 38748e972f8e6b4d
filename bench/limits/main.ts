/**
 * `npm run bench:limits`: how close a push is to the machine.
 */
import type { Case } from '../measuring.js';
import { readOptions } from '../options.js';
import type { Result } from '../report/report.js';
import { repeated } from '../report/statistics.js';
import { type ResultKey, runSuite } from '../run.js';
import type { LimitTask, Way } from './measure.js';

const labels: Record<Way, string> = {
  floor: 'floor: plain typed arrays',
  'floor-without-texts': 'floor, without the text',
  push: 'push',
  pushMany: 'pushMany',
  pushColumns: 'pushColumns',
};
const groups = { numbers: 'four numbers', request: 'six fields' };
const options = readOptions(
  'bench:limits',
  { repeats: 7, ms: 1000, quickMs: 200 },
  { ways: [...Object.keys(labels), 'copy'], events: Object.keys(groups) },
);
const { chosen, ms } = options;

const producing = chosen.events.flatMap((events) =>
  (Object.keys(labels) as Way[])
    .filter((way) => chosen.ways.includes(way))
    // Four numbers have no text.
    .filter((way) => events === 'request' || way !== 'floor-without-texts')
    .map((way): Case<ResultKey> => {
      const task: LimitTask = { way, events: events as LimitTask['events'], ms };
      const group = groups[events as LimitTask['events']];
      return {
        key: { name: way, label: labels[way], own: way.startsWith('push'), group },
        kind: 'limit',
        task,
      };
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
      kind: 'limit',
      task,
    };
  }),
);

/** Each repeat against the floor of the same repeat: they were measured at about the same time. */
function withRatios(results: readonly Result[]): Result[] {
  return results.map((result) => {
    const floor = results.find(({ name, group }) => name === 'floor' && group === result.group);
    const [own, least] = [result.figures.nsPerEvent, floor?.figures.nsPerEvent];
    if (own === undefined || least === undefined) return result;
    const ratios = own.all.map((ns, i) => ns / (least.all[i] as number));
    return { ...result, figures: { ...result.figures, timesFloor: repeated(ratios) } };
  });
}

await runSuite(
  {
    suite: 'limits',
    settings: {},
    cases: [...producing, ...(chosen.ways.includes('copy') ? copying : [])],
    notApplicable: [],
    derive: withRatios,
    print: ['eventsPerSecond', 'nsPerEvent', 'timesFloor', 'gbPerSecond'],
  },
  options,
);
