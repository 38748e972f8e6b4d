/**
 * `npm run bench`: measures the parts of the engine one by one, all suites or those named on the command line.
 * It prints a table of each suite, and writes the figures to `bench/results`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { readBatch } from './batch.js';
import { flushModes } from './flush.js';
import { pushPacked } from './packed.js';
import { pushByType, pushByWay } from './push.js';
import type { Measurement, Suite } from './suite.js';

const suites: Record<string, Suite[]> = {
  push: [pushByType, pushByWay],
  packed: [pushPacked],
  batch: [readBatch],
  flush: [flushModes],
};
// The folder beside the sources; this file runs from dist/bench/micro.
const results = new URL('../../../bench/results/', import.meta.url);

function printTable(name: string, measurements: readonly Measurement[]): void {
  const best = Math.max(...measurements.map(({ rowsPerSecond }) => rowsPerSecond));
  const width = Math.max(name.length, ...measurements.map((measurement) => measurement.name.length));
  console.log(`\n${name.padEnd(width)}  ${'M rows/s'.padStart(9)}  ${'±'.padStart(6)}  of best`);
  for (const { name, rowsPerSecond, marginPercent } of measurements) {
    const rate = (rowsPerSecond / 1e6).toFixed(rowsPerSecond < 1e6 ? 3 : 2);
    const share = `${((100 * rowsPerSecond) / best).toFixed(0)} %`;
    const margin = `${marginPercent.toFixed(1)} %`;
    console.log(`${name.padEnd(width)}  ${rate.padStart(9)}  ${margin.padStart(6)}  ${share.padStart(7)}`);
  }
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`no suite named ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}`);
  process.exit(1);
}

console.log(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model.trim()}`);
mkdirSync(results, { recursive: true });
for (const key of chosen.length > 0 ? chosen : Object.keys(suites)) {
  const measured = [];
  for (const suite of suites[key] as Suite[]) {
    const measurements = await suite.run(suite.name);
    printTable(suite.name, measurements);
    measured.push({ suite: suite.name, measurements });
  }
  const report = { node: process.version, date: new Date().toISOString(), suites: measured };
  writeFileSync(new URL(`${key}.json`, results), `${JSON.stringify(report, null, 2)}\n`);
}
