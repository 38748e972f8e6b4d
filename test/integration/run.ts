/**
 * One run of the set-up: Prometheus, a registry that it scrapes, the scenarios, and what came of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type Check, compare, LastSamples } from './accounts.js';
import { expose } from './exposition-server.js';
import { PrometheusServer } from './prometheus-server.js';
import { type Outcome, runScenario } from './scenario-run.js';
import { scenarios } from './scenarios.js';
import { measureScrapes, type ScrapeCost } from './scrape-cost.js';

/** Of scrapes, in seconds. The window for rates: Grafana takes four or more of them; here some may be late. */
export const interval = 0.5;
export const rateInterval = `${8 * interval}s`;

export interface Run {
  readonly server: PrometheusServer;
  readonly outcomes: readonly (Outcome & { last: LastSamples; checks: readonly Check[] })[];
  readonly scrape: ScrapeCost;
  /** When the first scenario began and the last ended; milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** Prometheus is still there when it resolves: whoever asks it no more stops it. */
export async function run(): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-integration-'));
  const registry = new Registry();
  const exposition = await expose(registry);
  let server: PrometheusServer | undefined;
  try {
    const scrape = await measureScrapes(folder);
    const prometheus = await PrometheusServer.start(
      { batchflow: [exposition.target] },
      `${1000 * interval}ms`,
    );
    server = prometheus;
    const start = (scenario: (typeof scenarios)[number]) =>
      runScenario(scenario, { registry, exposition, server: prometheus, folder });
    const together = scenarios.filter(({ alone }) => !alone);
    const outcomes = await Promise.all(together.map(start));
    for (const scenario of scenarios.filter(({ alone }) => alone)) outcomes.push(await start(scenario));
    const compared = outcomes.map(async (outcome) => {
      const last = await LastSamples.of(prometheus, outcome);
      return { ...outcome, last, checks: compare(outcome, last) };
    });
    return {
      server,
      outcomes: await Promise.all(compared),
      scrape,
      from: Math.min(...outcomes.map(({ from }) => from)),
      to: Math.max(...outcomes.map(({ to }) => to)),
    };
  } catch (error) {
    await server?.stop();
    throw error;
  } finally {
    await exposition.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
