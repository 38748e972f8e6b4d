/**
 * Writes what a run has shown into `reports/`: a JSON file for each run, and a page with plots of the last.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Check } from './accounts.js';
import type { Curve } from './prometheus-server.js';
import { reportPage } from './report-page.js';
import { interval, type Run } from './run.js';

const folder = new URL('reports/', import.meta.url);

export const percents = [50, 95, 99] as const;

/** Seconds at a percentile; undefined where nothing was measured. */
export type Quantiles = Readonly<Record<string, number | undefined>>;

export interface ScenarioReport {
  readonly name: string;
  readonly about: string;
  readonly seconds: number;
  /** Every count agrees with somebody else's: only then do the figures mean anything. */
  readonly agrees: boolean;
  readonly checks: readonly Check[];
  readonly counts: Readonly<Record<string, number>>;
  readonly rowsPerSecond: number;
  readonly stages: Readonly<Record<string, Quantiles>>;
  readonly plots: readonly Plot[];
}

export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly curves: readonly { readonly name: string; readonly points: Curve['points'] }[];
}

export interface Report {
  readonly at: string;
  readonly machine: string;
  readonly scrape: { readonly busyMs: number; readonly stuckMs: number };
  readonly scenarios: readonly ScenarioReport[];
}

const stages = {
  enqueue: 'enqueue_latency_seconds',
  'dequeue wait': 'pipeline_dequeue_latency_seconds',
  assembly: 'batch_assemble_duration_seconds',
  execute: 'execute_duration_seconds',
  process: 'pipeline_process_duration_seconds',
  'deadline lateness': 'deadline_lateness_seconds',
};

/** @returns the files that it wrote. */
export async function writeReport(run: Run): Promise<string[]> {
  const at = new Date().toISOString();
  const { busyMs, stuckMs } = run.scrape;
  const report: Report = {
    at,
    machine: `Node ${process.version}, ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
    scrape: { busyMs, stuckMs },
    scenarios: await Promise.all(run.outcomes.map((outcome) => scenarioReport(run, outcome))),
  };
  mkdirSync(folder, { recursive: true });
  const files = [new URL(`${at.replaceAll(':', '-')}.json`, folder), new URL('index.html', folder)] as const;
  writeFileSync(files[0], `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(files[1], reportPage(report));
  return files.map((file) => fileURLToPath(file));
}

async function scenarioReport({ server }: Run, outcome: Run['outcomes'][number]): Promise<ScenarioReport> {
  const { name, about, flow, from, to, checks, stats, letters, rows } = outcome;
  const of = (metric: string) => `batchflow_${metric}{flow="${flow}"}`;
  const growth = (metric: string, by: string) => `sum by (${by}) (rate(${of(metric)}[${4 * interval}s]))`;
  const plot = async (title: string, unit: string, exprs: Record<string, string>): Promise<Plot> => {
    const found = Object.entries(exprs).map(async ([label, expr]) =>
      (await server.range(expr, from, to, interval)).map(({ labels, points }) => ({
        name: labels[label] ?? label,
        points: points.filter(([, value]) => Number.isFinite(value)),
      })),
    );
    return { title, unit, curves: (await Promise.all(found)).flat() };
  };
  const range = `${Math.ceil((to - from) / 1000)}s`;
  const quantiles = Object.entries(stages).map(async ([stage, metric]) => {
    const values = percents.map(async (percent) => {
      const buckets = `sum by (le) (increase(${of(`${metric}_bucket`)}[${range}]))`;
      const [found] = await server.instant(`histogram_quantile(${percent / 100}, ${buckets})`, to);
      return [percent, Number.isFinite(found?.value) ? found?.value : undefined] as const;
    });
    return [stage, Object.fromEntries(await Promise.all(values))] as const;
  });
  const seconds = (to - from) / 1000;
  const { accepted, rejected, committed, deadLettered, redelivered, retries, dropped } = stats;
  const size = `${growth('batch_size_sum', 'flow')} / ${growth('batch_size_count', 'flow')}`;
  return {
    ...{ name, about, seconds, checks },
    agrees: checks.every(({ prometheus, truth }) => prometheus === truth),
    counts: {
      ...{ accepted, rejected, committed, 'rows in SQLite': rows, 'dead letters': deadLettered },
      ...{ 'rows in the dead letters': letters, retries, 'delivered again': redelivered },
      ...Object.fromEntries(Object.entries(dropped).map(([reason, count]) => [`dropped: ${reason}`, count])),
    },
    rowsPerSecond: committed / seconds,
    stages: Object.fromEntries(await Promise.all(quantiles)),
    plots: await Promise.all([
      plot('Events', 'rows/s', { result: growth('events_total', 'result') }),
      plot('Batch size (mean)', 'rows', { rows: size }),
      plot('Queue', 'rows', {
        waiting: `sum(${of('pipeline_queue_length')})`,
        capacity: `sum(${of('ring_capacity_rows')})`,
      }),
      plot('Flushes', '1/s', { trigger: growth('flushes_total', 'trigger') }),
    ]),
  };
}
