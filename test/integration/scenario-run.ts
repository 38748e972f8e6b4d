/**
 * Runs a scenario on a flow of its own, into real SQLite files, until everything that it pushed has come to its end and
 * Prometheus has seen that.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Registry } from 'prom-client';
import { createBatchFlow } from '../../dist/src/index.js';
import { type FlowStats, type Lateness, prometheus } from '../../dist/src/metrics/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { until } from '../fixtures/until.js';
import type { ExpositionServer } from './exposition-server.js';
import type { PrometheusServer } from './prometheus-server.js';
import type { Scenario } from './scenarios.js';
import { ScheduledSink, type Seen } from './scheduled-sink.js';
import { Event, Source } from './source.js';

/** What a scenario did, by everybody's count but Prometheus'. */
export interface Outcome {
  readonly name: string;
  readonly about: string;
  /** Its flow's name. */
  readonly flow: string;
  /** When it was pushed, and when it had ended and been scraped; milliseconds. */
  readonly from: number;
  readonly to: number;
  /** What `push` returned. */
  readonly pushed: { readonly accepted: number; readonly rejected: number };
  /** What the sink saw. */
  readonly seen: Seen;
  /** Rows that SELECT finds, and dead letters. */
  readonly rows: number;
  readonly letters: number;
  /** Failures that the flow told of. */
  readonly failures: number;
  readonly stats: FlowStats;
  readonly lateness: Lateness;
}

/** So often a scenario is scraped while it goes on. */
const leastScrapes = 7;

/** Where a scenario runs. */
export interface Place {
  readonly registry: Registry;
  /** Of that registry, which is what Prometheus scrapes. */
  readonly exposition: ExpositionServer;
  readonly server: PrometheusServer;
  /** For files. */
  readonly folder: string;
}

export async function runScenario(
  scenario: Scenario,
  { registry, exposition, server, folder }: Place,
): Promise<Outcome> {
  const { name, about, settings, schedule = ({ store }) => store(), repeat } = scenario;
  const file = join(folder, `${name}.db`);
  const sink = new ScheduledSink(schedule, sqlite({ file, ...scenario.sqlite }));
  const flow = await createBatchFlow({
    ...settings,
    name: `flow-${name}`,
    schema: Event,
    sink: sink.ref,
    ...(repeat !== undefined && { dedupe: { by: 'id' as const } }),
  });
  try {
    let failures = 0;
    let givenUp = 0;
    flow.on('flushError', ({ rows }) => {
      failures++;
      givenUp += rows;
    });
    prometheus(flow, {
      registry,
      ...(scenario.unlabelled ? { perWorker: true } : { labels: { test_name: name } }),
    });
    // Counters are seen to grow only by whoever has seen them at 0.
    const from = await scraped(server, flow.name);
    const first = exposition.scrapes;
    const source = new Source(flow, repeat, () => exposition.scrapes - first >= leastScrapes);
    await scenario.produce(source);
    await flow.flush();
    await until(() => {
      const { stats, flushers } = flow.metrics();
      const ended = stats.deadLettered + (stats.dropped.failed ?? 0);
      return (
        stats.pending === 0 &&
        givenUp === ended &&
        flushers.every(({ inFlightBatches }) => inFlightBatches === 0)
      );
    }, `the end of everything in ${name}`);
    const to = await scraped(server, flow.name);
    const [stats, lateness] = [flow.stats(), flow.lateness()];
    const { accepted, rejected } = source;
    await flow.close();
    return {
      ...{
        name,
        about,
        flow: flow.name,
        from,
        to,
        pushed: { accepted, rejected },
        seen: sink.seen,
        failures,
      },
      ...{
        rows: countOf(file, Event.name),
        letters: countOf(file.replace(/db$/, 'dead-letters.db'), 'dead_letters'),
      },
      ...{ stats, lateness },
    };
  } finally {
    await flow.destroy();
  }
}

/** @returns when a scrape began that has seen the flow as it is now. */
async function scraped(server: PrometheusServer, flow: string): Promise<number> {
  const now = Date.now();
  let seen = 0;
  await until(async () => {
    // Each look is a query: all scenarios together would keep Prometheus busy.
    await setTimeout(100);
    const [sample] = await server.instant(`min(timestamp(batchflow_ring_capacity_rows{flow="${flow}"}))`);
    seen = 1000 * (sample?.value ?? 0);
    return seen > now;
  }, `a scrape of ${flow}`);
  return seen;
}

/** Rows of a table; 0 without the file, which dead letters have only when there are any. */
function countOf(file: string, table: string): number {
  let db: Database.Database;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
  } catch {
    return 0;
  }
  try {
    return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    db.close();
  }
}
