/**
 * Measures a scrape of 10,000 series: the text of a collector, and that of prom-client.
 */
import { Counter, Registry } from 'prom-client';
import { createCollector } from '../../src/collector/index.js';
import type { Figures } from '../harness/measuring.js';
import { repeated } from '../harness/report/statistics.js';

export interface ScrapeTask {
  readonly way: 'collector' | 'prom-client';
  readonly series: number;
  readonly ms: number;
}

const labelsOf = (i: number) => ({
  route: `/api/resource${i % 100}/items`,
  shard: String(Math.floor(i / 100)),
});

async function textOf({ way, series }: ScrapeTask): Promise<() => Promise<string> | string> {
  if (way === 'prom-client') {
    const register = new Registry();
    const counter = new Counter({
      name: 'requests_total',
      help: '-',
      labelNames: ['route', 'shard'],
      registers: [register],
    });
    for (let i = 0; i < series; i++) counter.inc(labelsOf(i), i);
    return () => register.metrics();
  }
  const collector = await createCollector({ maxSeries: series, bufferSize: 2 * series });
  for (let i = 0; i < series; i++) collector.recordCounter('requests_total', labelsOf(i), i);
  await collector.flush();
  return () => collector.metrics();
}

export async function measure(task: ScrapeTask): Promise<Figures> {
  const text = await textOf(task);
  const lines = (await text()).split('\n').filter((line) => line.startsWith('requests_total'));
  if (lines.length !== task.series) throw new Error(`${lines.length} series`);
  const times: number[] = [];
  const until = performance.now() + task.ms;
  for (let n = 0; n < 10 || performance.now() < until; n++) {
    const start = performance.now();
    await text();
    if (n > 3) times.push(performance.now() - start);
  }
  setImmediate(() => process.exit());
  return { scrapeMs: repeated(times).median };
}
