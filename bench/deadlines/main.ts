/**
 * `npm run bench:deadlines`: the lateness of deadline flushes while the main thread is blocked for 90 % of the time,
 * and the cost of an idle flow.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { IdleTask } from './idle.js';
import { type DeadlineTask, deadlineWays } from './measure.js';

const settings = { sliceMs: 500, blockedMs: 450, everyMs: 5, intervalMs: 20 };
const options = readOptions(
  'bench:deadlines',
  { repeats: 7, ms: 20_000, quickMs: 2000 },
  { ways: [...deadlineWays.map(({ name }) => name), 'idle'] },
);
const { blockedMs, sliceMs, intervalMs } = settings;
const group = `blocked ${blockedMs} of every ${sliceMs} ms, deadline after ${intervalMs} ms`;
const slices = Math.ceil(options.ms / sliceMs);
const idle = [
  { name: 'idle-process', label: 'Node.js, no flow', own: false, flushers: 0 },
  { name: 'idle-flow', label: 'a flow with 2 flushers', own: true, flushers: 2 },
].map(({ flushers, ...key }) => ({
  key: { ...key, group: 'idle' },
  module: new URL('./idle.js', import.meta.url),
  task: { flushers, ms: Math.min(options.ms, 5000) } satisfies IdleTask,
}));

await runSuite(
  {
    suite: 'deadlines',
    settings: { ...settings, slices },
    cases: [
      ...deadlineWays
        .filter(({ name }) => options.chosen.ways.includes(name))
        .map(({ name, label, own }) => ({
          key: { name, label, own: own === true, group },
          module: new URL('./measure.js', import.meta.url),
          task: { way: name, ...settings, slices } satisfies DeadlineTask,
        })),
      ...(options.chosen.ways.includes('idle') ? idle : []),
    ],
    notApplicable: [],
    print: ['flushes', 'lateP50Ms', 'lateP99Ms', 'lateMaxMs', 'idleCpu'],
  },
  options,
);
