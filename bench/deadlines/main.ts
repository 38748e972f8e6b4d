/**
 * `npm run bench:deadlines`: how late deadline flushes are while the main thread is blocked for 90 % of the time.
 */
import { readOptions } from '../options.js';
import { runSuite } from '../run.js';
import { type DeadlineTask, deadlineWays } from './measure.js';

const settings = { sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };
const options = readOptions(
  'bench:deadlines',
  { repeats: 7, ms: 20_000, quickMs: 2000 },
  { ways: deadlineWays.map(({ name }) => name) },
);
const { blockedMs, sliceMs, intervalMs } = settings;
const group = `blocked ${blockedMs} of every ${sliceMs} ms, deadline after ${intervalMs} ms`;
const slices = Math.ceil(options.ms / sliceMs);

await runSuite(
  {
    suite: 'deadlines',
    settings: { ...settings, slices },
    cases: deadlineWays
      .filter(({ name }) => options.chosen.ways.includes(name))
      .map(({ name, label, own }) => ({
        key: { name, label, own: own === true, group },
        kind: 'deadline',
        task: { way: name, ...settings, slices } satisfies DeadlineTask,
      })),
    notApplicable: [],
    print: ['flushes', 'lateP50Ms', 'lateP99Ms', 'lateMaxMs'],
  },
  options,
);
