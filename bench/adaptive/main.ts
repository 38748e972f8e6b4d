/**
 * `npm run bench:adaptive`: how near a tuned flow comes to the best fixed settings, in a simulation and into SQLite.
 * Runs into SQLite take turns and are of one length, as a file that grows is written more slowly. `--plots docs` draws
 * both.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plot, type Shown } from './plot.js';
import { bestFixed, type Fixed, movesOf, ranges, scenes, seconds, tuned } from './scenes.js';
import type { Outcome, Settings } from './simulation.js';
import { run } from './sqlite.js';

const { values } = parseArgs({
  options: {
    ms: { type: 'string', default: '8000' },
    repeats: { type: 'string', default: '2' },
    plots: { type: 'string' },
  },
});
const ms = Number(values.ms);
const repeats = Number(values.repeats);

/** Into SQLite: undefined is the tuned flow. */
const ways: readonly (Settings | undefined)[] = [
  undefined,
  { flushSize: 100, flushIntervalMs: 10 },
  { flushSize: 1000, flushIntervalMs: 40 },
  { flushSize: 5000, flushIntervalMs: 40 },
];

function report(name: string, best: Fixed, outcome: Outcome): string {
  const share = ((outcome.rowsPerSecond / best.rowsPerSecond) * 100).toFixed(0);
  const note = `${share} % of the best, p95 ${outcome.p95Ms.toFixed(0)} ms`;
  const turns = (['flushSize', 'flushIntervalMs'] as const).map((setting) => movesOf(setting, outcome).turns);
  const last = outcome.steps.at(-1);
  console.log(
    `${name}: ${Math.round(outcome.rowsPerSecond)} rows/s, ${note} (best ${best.p95Ms.toFixed(0)}); ` +
      `at the end ${last?.flushSize} rows, ${last?.flushIntervalMs} ms; turns in the second half ${turns.join(', ')}`,
  );
  return note;
}

function panelOf(title: string, note: string, { steps }: Outcome, length: number): Shown {
  const { flushSize, flushIntervalMs } = ranges;
  return {
    ...{ title, note, steps, seconds: length },
    ...{ maxFlushSize: flushSize[1], maxFlushIntervalMs: flushIntervalMs[1] },
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] as number) + (sorted[sorted.length >> 1] as number)) / 2
  );
}

async function intoSqlite(name: string, perSecond: number | undefined): Promise<Shown> {
  const runs: Outcome[][] = ways.map(() => []);
  for (let n = 0; n < repeats; n++) {
    for (const [way, fixed] of ways.entries()) {
      const folder = mkdtempSync(join(tmpdir(), 'batchflow-adaptive-'));
      try {
        runs[way]?.push(await run(folder, ms, perSecond, fixed));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
  const [ours, ...fixed] = runs.map((outcomes) => ({
    rowsPerSecond: median(outcomes.map(({ rowsPerSecond }) => rowsPerSecond)),
    p95Ms: median(outcomes.map(({ p95Ms }) => p95Ms)),
    steps: outcomes[0]?.steps ?? [],
  }));
  for (const [n, outcome] of fixed.entries()) {
    const { flushSize, flushIntervalMs } = ways[n + 1] as Settings;
    const figures = `${Math.round(outcome.rowsPerSecond)} rows/s, p95 ${outcome.p95Ms.toFixed(0)} ms`;
    console.log(`${name}, fixed ${flushSize} rows, ${flushIntervalMs} ms: ${figures}`);
  }
  const best: Fixed = {
    rowsPerSecond: Math.max(...fixed.map(({ rowsPerSecond }) => rowsPerSecond)),
    p95Ms: Math.min(...fixed.map(({ p95Ms }) => p95Ms)),
  };
  return panelOf(name, report(name, best, ours as Outcome), ours as Outcome, ms / 1000);
}

const real = [
  await intoSqlite('SQLite, all that it takes', undefined),
  await intoSqlite('SQLite, 50,000 rows/s', 50_000),
];
const simulated = scenes.map((scene) => {
  const outcome = tuned(scene, 1);
  return panelOf(scene.name, report(scene.name, bestFixed(scene, 1), outcome), outcome, seconds);
});

if (values.plots !== undefined) {
  const title = 'one flusher, a target of 50 ms';
  writeFileSync(join(values.plots, 'adaptive-simulation.svg'), plot(`Simulation: ${title}`, simulated));
  writeFileSync(join(values.plots, 'adaptive-sqlite.svg'), plot(`SQLite: ${title}`, real));
}
