/**
 * Deaths of a collector's flushers: what is counted equals what was recorded, whenever their threads die.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../../dist/bench/harness/random.js';
import { createCollector, defineMetric, type Family } from '../../dist/src/collector/index.js';
import { handler, t } from '../../dist/src/index.js';
import { until } from '../fixtures/until.js';

/** `BATCHFLOW_KILLS=2000 npx vitest run kills` for a long run by hand. */
const kills = Number(process.env.BATCHFLOW_KILLS ?? 40);

const Job = defineMetric(
  'job',
  { queue: t.label(), size: t.uint32() },
  {
    labels: ['queue'],
    metrics: { jobs_total: { type: 'counter' }, job_bytes: { type: 'histogram', value: 'size' } },
  },
);

/** The threads that are started from now on, while they live. */
function livingThreads(): Set<Worker> {
  const threads = new Set<Worker>();
  const onWorker = (thread: Worker) => {
    threads.add(thread);
    thread.once('exit', () => threads.delete(thread));
  };
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  return threads;
}

/** What events of a family were counted, over all of its series. */
function countOf({ points }: Family): number {
  return points.reduce((sum, point) => sum + ('count' in point ? point.count : point.value), 0);
}

test(
  'deaths of flushers lose no event, and count none twice',
  async () => {
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}, ${kills} kills`);
    const random = new Random(seed);
    const threads = livingThreads();
    const collector = await createCollector({
      flushers: 2,
      flushIntervalMs: 2,
      maxSeries: 500,
      metrics: [Job],
      bucketsByMetric: { native: 'exponential' },
      events: [
        {
          sink: handler(new URL('../fixtures/sinks/forgetting-sink.mjs', import.meta.url)),
          flushIntervalMs: 2,
        },
      ],
    });
    onTestFinished(async () => void (await collector.close({ timeoutMs: 5000 }).catch(() => {})));

    /** An independent count, by the family's name. */
    const expected: Record<string, number> = {};
    const count = (name: string, amount = 1) => {
      expected[name] = (expected[name] ?? 0) + amount;
    };
    let events = 0;
    let isOver = false;
    const record = async () => {
      while (!isOver) {
        for (let n = random.between(1, 40); n > 0; n--) {
          const i = random.between(0, 300);
          const taken = [
            collector.recordHttpRequest('GET', `/a/b${i}c`, 200 + (i % 3), i),
            collector.recordBackendRequest('p', `m${i % 7}`, i % 2 === 0, i),
            collector.recordHealthCheck(`b${i % 5}`, true, i),
            collector.recordCacheMetric('c', i === 7 ? ('nonsense' as 'hit') : 'hit'),
            collector.recordCounter(`counter_${i % 20}`, { i }, 2),
            collector.recordGauge('gauge', { i }, i),
            collector.recordHistogram('native', { i: i % 9 }, i),
            collector.record(Job, { queue: `q${i % 11}`, size: i }),
          ];
          expect(taken).not.toContain(false);
          events += taken.length;
          count('http_requests_total');
          count('http_request_duration_seconds');
          count('backend_requests_total');
          count('health_checks_total');
          count(i === 7 ? 'batchflow_collector_rejected_events_total' : 'cache_operations_total');
          count(`counter_${i % 20}`, 2);
          count('native');
          count('jobs_total');
          count('job_bytes');
        }
        const { total, processed, dropped, failed, pending } = collector.getStats();
        expect([total, dropped, Math.min(processed, failed, pending) >= 0]).toEqual([events, 0, true]);
        expect(processed + failed + pending).toBe(total);
        // New rows come only as fast as they are counted: none is dropped.
        while (collector.getStats().pending > 3000) await pause(1);
        await pause(1);
      }
    };
    const committed = () => collector.eventStats()[0]?.committed ?? 0;
    const recording = record();
    let killed = 0;
    try {
      while (killed < kills) {
        const [processed, stored] = [collector.getStats().processed, committed()];
        await until(
          () => collector.getStats().processed > processed && committed() > stored,
          'batches that are counted and stored',
          30_000,
        );
        await pause(random.between(0, 12));
        // The one that has lived longest has ended a batch: a flow whose flushers die without one fails, and rightly.
        const oldest = [...threads].find(({ threadId }) => threadId > 0);
        await oldest?.terminate();
        killed++;
      }
    } finally {
      isOver = true;
      await recording;
    }
    const { total, processed, dropped, failed, pending } = await collector.close();
    expect({ total, dropped, pending, done: processed + failed }).toEqual({
      total: events,
      dropped: 0,
      pending: 0,
      done: events,
    });
    const counted = Object.fromEntries(
      collector.snapshot().families.map((family) => [family.name, countOf(family)]),
    );
    expect(counted).toMatchObject(expected);
    expect(collector.eventStats()[0]?.accepted).toBeGreaterThanOrEqual(events);
  },
  60_000 + 1000 * kills,
);
