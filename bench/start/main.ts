/**
 * `npm run bench:start`: the time to import the package, beside piscina, in processes of their own and in turns.
 */
import { readOptions } from '../harness/options.js';
import type { Result } from '../harness/report/report.js';
import { repeated } from '../harness/report/statistics.js';
import { runSuite } from '../harness/run.js';
import type { StartTask } from './measure.js';

const ours = (path: string) => new URL(`../../src/${path}`, import.meta.url).href;

/** The modules by their names on the command line. */
const modules: Record<string, { label: string; own: boolean; module: string }> = {
  piscina: { label: 'piscina', own: false, module: 'piscina' },
  package: { label: 'batchflow-threads', own: true, module: ours('index.js') },
  sqlite: { label: 'batchflow-threads/sinks/sqlite', own: true, module: ours('sinks/sqlite/index.js') },
  metrics: { label: 'batchflow-threads/metrics', own: true, module: ours('metrics/index.js') },
};

const options = readOptions(
  'bench:start',
  { repeats: 15, ms: 1, quickMs: 1 },
  { modules: Object.keys(modules) },
);

/** Add the ratio of each repeat to piscina's of the same repeat: both were measured close in time. */
function withRatios(results: readonly Result[]): Result[] {
  const peer = results.find(({ name }) => name === 'piscina')?.figures.importMs;
  return results.map((result) => {
    const { importMs } = result.figures;
    if (peer === undefined || importMs === undefined) return result;
    const timesPiscina = repeated(importMs.all.map((ms, i) => ms / (peer.all[i] as number)));
    return { ...result, figures: { ...result.figures, timesPiscina } };
  });
}

await runSuite(
  {
    suite: 'start',
    settings: {},
    cases: Object.entries(modules)
      .filter(([name]) => options.chosen.modules.includes(name))
      .map(([name, { label, own, module }]) => ({
        key: { name, label, own, group: 'import' },
        module: new URL('./measure.js', import.meta.url),
        task: { module } satisfies StartTask,
      })),
    notApplicable: [],
    derive: withRatios,
    print: ['importMs', 'timesPiscina'],
  },
  options,
);
