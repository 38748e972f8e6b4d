/**
 * Compares what Prometheus has with what a scenario did by everybody else's count: the producer's, the
 * sink's, SQLite's.
 *
 * All of it is exact, also when threads die in the middle of a write. A batch is counted as it is taken, a write and a
 * batch's time as they end, and rows as they are settled. So, for each death:
 *
 * - the write has begun and not ended: durations count one less than the sink saw begin;
 * - the batch is taken twice: `batch_size` and `flushes_total` count it twice, `redelivered_total` counts its rows, and
 *   `pipeline_process_duration_seconds` counts the one that ended;
 * - the rows are settled once: `events_total` is what SQLite has, if the table stores once what comes twice.
 *
 * That holds for deaths in the sink. A thread could also die between two plain adds of the engine, to a histogram's
 * bucket and to its sum; then the sum lacks one value. No test can aim there, and no count of rows depends on it.
 */
import type { Labels, PrometheusServer, Value } from './prometheus-server.js';
import type { Outcome } from './scenario-run.js';

export interface Check {
  readonly what: string;
  readonly prometheus: number;
  /** Somebody else's count. */
  readonly truth: number;
}

/** The last sample of each series of a flow. */
export class LastSamples {
  private constructor(private readonly values: readonly Value[]) {}

  static async of(server: PrometheusServer, { flow, from, to }: Outcome): Promise<LastSamples> {
    const range = Math.ceil((to - from) / 1000) + 1;
    return new LastSamples(await server.instant(`last_over_time({flow="${flow}"}[${range}s])`, to));
  }

  /** The sum of a metric, named without its prefix, over series with these labels. NaN when there are none. */
  sum(metric: string, labels: Labels = {}): number {
    const found = this.values.filter(
      (value) =>
        value.labels.__name__ === `batchflow_${metric}` &&
        Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted),
    );
    return found.length === 0 ? Number.NaN : found.reduce((sum, { value }) => sum + value, 0);
  }

  get names(): ReadonlySet<string> {
    return new Set(this.values.map(({ labels }) => labels.__name__ as string));
  }
}

export function compare(outcome: Outcome, last: LastSamples): Check[] {
  const { pushed, seen, rows, letters, failures } = outcome;
  const reasons = ['drop-newest', 'drop-oldest', 'duplicate', 'failed', 'undelivered'];
  const dropped = reasons.reduce(
    (sum, reason) => sum + (last.sum('pipeline_dropped_total', { reason }) || 0),
    0,
  );
  const events = (result: string) => last.sum('events_total', { result });
  const letter = last.sum('dead_letters_total');
  const checks: [string, number, number][] = [
    ['accepted = what push took', events('accepted'), pushed.accepted],
    ['rejected = what push refused', events('rejected'), pushed.rejected],
    ['committed = rows in SQLite', events('committed'), rows],
    ['committed = rows of writes that returned', events('committed'), seen.committed],
    ['dead letters = rows in their file', letter, letters],
    [
      'committed + dead letters + dropped = what push took',
      events('committed') + letter + dropped,
      pushed.accepted,
    ],
    [
      'writes that returned',
      last.sum('execute_duration_seconds_count', { status: 'success' }),
      seen.returned,
    ],
    ['writes that threw', last.sum('execute_duration_seconds_count', { status: 'fail' }), seen.threw],
    ['writes that ended', last.sum('execute_duration_seconds_count'), seen.begun - seen.deaths],
    ['retries', last.sum('retries_total'), seen.again],
    ['errors', last.sum('errors_total'), seen.errors],
    ['deaths of flushers', last.sum('flusher_restarts_total'), seen.deaths],
    ['rows delivered again', last.sum('redelivered_total'), seen.rowsAtDeaths],
    ['batches taken', last.sum('batch_size_count'), seen.batches],
    ['rows of batches', last.sum('batch_size_sum'), seen.rows],
    ['rows that were there', last.sum('duplicates_at_target_total'), seen.skipped],
    ['flushes by trigger', last.sum('flushes_total'), seen.batches],
    ['assemblies', last.sum('batch_assemble_duration_seconds_count'), seen.batches],
    ['dequeue waits', last.sum('pipeline_dequeue_latency_seconds_count'), seen.batches],
    ['batches that ended', last.sum('pipeline_process_duration_seconds_count'), seen.batches - seen.deaths],
    [
      'deadline flushes',
      last.sum('deadline_lateness_seconds_count'),
      last.sum('flushes_total', { trigger: 'deadline' }),
    ],
    [
      'failures that nobody read',
      last.sum('pipeline_dropped_total', { reason: 'error_chan_full' }),
      Math.max(0, failures - 256),
    ],
    ['rows that wait', last.sum('pipeline_queue_length'), 0],
    ['batches in flight', last.sum('inflight_batches'), 0],
  ];
  let below = 0;
  seen.sizes.slice(0, -1).forEach((count, i) => {
    below += count;
    checks.push([
      `batches of up to ${2 ** i} rows`,
      last.sum('batch_size_bucket', { le: String(2 ** i) }),
      below,
    ]);
  });
  return checks.map(([what, prometheus, truth]) => ({ what, prometheus, truth }));
}
