/**
 * `npm run bench:adaptive`: how near a tuned flow comes to the best fixed settings, in a simulation and into SQLite.
 * `--plots docs` draws both.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Panel, plot } from './plot.js';
import { bestFixed, movesOf, ranges, scenes, seconds, tuned } from './scenes.js';
import type { Outcome, Settings } from './simulation.js';
import { run } from './sqlite.js';

const { values } = parseArgs({
  options: {
    ms: { type: 'string', default: '12000' },
    fixedMs: { type: 'string', default: '3000' },
    plots: { type: 'string' },
  },
});

function report(name: string, best: { rowsPerSecond: number; p95Ms: number }, outcome: Outcome): string {
  const share = ((outcome.rowsPerSecond / best.rowsPerSecond) * 100).toFixed(0);
  const note = `${share} % of the best, p95 ${outcome.p95Ms.toFixed(0)} ms`;
  const size = movesOf('flushSize', outcome);
  const interval = movesOf('flushIntervalMs', outcome);
  const last = outcome.steps.at(-1);
  console.log(
    `${name}: ${Math.round(outcome.rowsPerSecond)} rows/s, ${note} (best ${best.p95Ms.toFixed(0)}); ` +
      `at the end ${last?.flushSize} rows, ${last?.flushIntervalMs} ms; ` +
      `turns ${size.turns} and ${interval.turns} in the second half`,
  );
  return note;
}

function panelOf(title: string, note: string, { steps }: Outcome, length: number): Panel {
  const { flushSize, flushIntervalMs } = ranges;
  return {
    title,
    note,
    steps,
    maxFlushSize: flushSize[1],
    maxFlushIntervalMs: flushIntervalMs[1],
    seconds: length,
  };
}

const simulated = scenes.map((scene) => {
  const outcome = tuned(scene, 1);
  return panelOf(scene.name, report(scene.name, bestFixed(scene, 1), outcome), outcome, seconds);
});

const folder = mkdtempSync(join(tmpdir(), 'batchflow-adaptive-'));
const real: Panel[] = [];
try {
  const ms = Number(values.ms);
  const fixed: Settings[] = [100, 1000, 5000].flatMap((flushSize) =>
    [10, 40, 200].map((flushIntervalMs) => ({ flushSize, flushIntervalMs })),
  );
  for (const [name, perSecond] of [
    ['SQLite, all that it takes', undefined],
    ['SQLite, 50,000 rows/s', 50_000],
  ] as const) {
    const outcomes: Outcome[] = [];
    for (const each of fixed) outcomes.push(await run(folder, Number(values.fixedMs), perSecond, each));
    const best = {
      rowsPerSecond: Math.max(...outcomes.map(({ rowsPerSecond }) => rowsPerSecond)),
      p95Ms: Math.min(...outcomes.map(({ p95Ms }) => p95Ms)),
    };
    const outcome = await run(folder, ms, perSecond);
    real.push(panelOf(name, report(name, best, outcome), outcome, ms / 1000));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (values.plots !== undefined) {
  writeFileSync(
    join(values.plots, 'adaptive-simulation.svg'),
    plot('Simulation: one flusher, a target of 50 ms', simulated),
  );
  writeFileSync(
    join(values.plots, 'adaptive-sqlite.svg'),
    plot('SQLite: one flusher, a target of 50 ms', real),
  );
}
