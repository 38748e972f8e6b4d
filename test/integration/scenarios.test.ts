/**
 * The engine under load, seen by the real Prometheus: each count is exact, each curve of the dashboard and each alert
 * shows what it is for. Writes a report.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { families } from '../../dist/src/metrics/prometheus/families.js';
import { performance } from './grafana/panels.js';
import { fill, labelVariables, panelQueries } from './grafana/read-dashboard.js';
import { installed } from './installed.js';
import { writeReport } from './report.js';
import { interval, type Run, rateInterval, run } from './run.js';
import { scenarios } from './scenarios.js';

const queries = panelQueries(performance.uid);

/** For each panel, the scenarios in which every one of its curves is above 0. */
const shownBy: Record<string, readonly string[]> = {
  'Events by result': ['ring-full-reject'],
  'Batch size': ['burst'],
  'Flush triggers': ['burst', 'slow-sink'],
  Queue: ['ring-full-reject', 'ring-full-drop-oldest'],
  'Batches in flight': ['slow-sink'],
  'Ring fill': ['ring-full-reject'],
  'Enqueue latency': ['ring-full-reject', 'ring-full-block'],
  'Batch assembly': ['burst'],
  'Execute duration by test': ['slow-sink', 'steady'],
  'Pipeline process duration by status': ['outage', 'bad-rows'],
  'Dequeue wait': ['slow-sink'],
  'Dropped by reason': ['ring-full-drop-newest', 'ring-full-drop-oldest', 'duplicates', 'bad-rows'],
  'Errors and retries': ['outage'],
  'Dead letters': ['outage'],
  'Flusher restarts': ['dying-flusher'],
  Circuit: ['outage'],
  'Deadline lateness': ['slow-sink'],
  'Event loop delay': ['blocked-main'],
  'Refused events': ['ring-full-reject'],
  'Flush size': ['burst'],
  'Operation errors': ['outage'],
  'Operation items': ['burst'],
  'Operation values': ['burst'],
  'SQL rows': ['burst'],
};

const firedBy: Record<string, readonly string[]> = {
  BatchflowQueueNearlyFull: ['ring-full-reject', 'ring-full-drop-newest', 'ring-full-drop-oldest'],
  BatchflowDropping: ['ring-full-drop-newest', 'ring-full-drop-oldest'],
  BatchflowRowsGivenUp: ['outage', 'bad-rows'],
  BatchflowCircuitOpen: ['outage'],
  BatchflowDeadlinesLate: ['slow-sink'],
  BatchflowFlusherRestarts: ['dying-flusher'],
  BatchflowErrorsUnread: ['bad-rows'],
};

/** Nothing is wrong in these. */
const healthy = ['steady', 'burst', 'unlabelled', 'blocked-main'];

describe.runIf(installed('prometheus'))('with the real Prometheus', () => {
  let all: Run;
  beforeAll(async () => {
    all = await run();
    const files = await writeReport(all);
    console.log(`report: ${files.join(', ')}`);
  }, 120_000);
  afterAll(() => all?.server.stop());

  const named = (name: string) => {
    const found = all.outcomes.find((outcome) => outcome.name === name);
    if (found === undefined) throw new Error(`there is no scenario ${name}`);
    return found;
  };
  /** The curves of an expression of the dashboard, with its variables filled in, while a scenario ran. */
  const curves = (expr: string, name: string) => {
    const { from, to, flow } = named(name);
    const variables = { flow, test_name: name === 'unlabelled' ? '.*' : name, ...grafana(from, to) };
    return all.server.range(fill(expr, variables), from, to, interval);
  };
  const grafana = (from: number, to: number) => ({
    __rate_interval: rateInterval,
    __interval: `${interval}s`,
    __range: `${Math.ceil((to - from) / 1000)}s`,
    datasource: 'prometheus',
  });

  test.each(scenarios)('$name: what Prometheus says is what was done, exactly', ({ name }) => {
    const { checks } = named(name);
    expect(checks.filter(({ prometheus, truth }) => prometheus !== truth)).toEqual([]);
    expect(checks.length).toBeGreaterThan(20);
  });

  test('the scenarios were what they are called', () => {
    for (const { name, pushed, from, to } of all.outcomes) {
      expect(pushed.accepted, name).toBeGreaterThan(200);
      // Enough for several scrapes.
      expect(to - from, name).toBeGreaterThan(6000 * interval);
    }
    expect(named('dying-flusher').seen.deaths).toBe(5);
    expect(named('dying-flusher').stats.redelivered).toBeGreaterThan(0);
    expect(named('outage').letters).toBeGreaterThan(0);
    expect(named('ring-full-reject').pushed.rejected).toBeGreaterThan(0);
    // Its deadlines passed while the main thread was blocked for 250 ms.
    expect(named('blocked-main').lateness.count).toBeGreaterThan(0);
  });

  test('every family is found', async () => {
    for (const { name, type } of families) {
      // Only a flow with a source has them: test/flow/sourcing/metrics.test.ts.
      if (name.startsWith('source_')) continue;
      const parts = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const part of parts) {
        const metric = `batchflow_${name}${part}`;
        // Only a flow with a limit has permits.
        const outcomes = name.startsWith('concurrency_permits') ? [named('slow-sink')] : all.outcomes;
        for (const outcome of outcomes) expect([...outcome.last.names], outcome.name).toContain(metric);
      }
    }
  });

  test('every panel has scenarios that show it', () => {
    expect(new Set(queries.map(({ panel }) => panel))).toEqual(new Set(Object.keys(shownBy)));
  });

  test.each(queries)('panel $panel shows $legend', async ({ panel, expr }) => {
    for (const name of shownBy[panel] ?? []) {
      const points = (await curves(expr, name)).flatMap((curve) => curve.points);
      const values = points.map(([, value]) => value).filter(Number.isFinite);
      expect(Math.max(...values), `${expr} in ${name}`).toBeGreaterThan(0);
    }
    // With "All" at the top: every flow, those without a test_name, too.
    const { from, to } = all;
    const everything = fill(expr, { flow: '.*', test_name: '.*', ...grafana(from, to) });
    const found = await all.server.range(everything, from, to, interval);
    expect(found.some(({ points }) => points.some(([, value]) => Number.isFinite(value)))).toBe(true);
  });

  test('the reasons why rows are let go are told apart', async () => {
    const expr = queries.find(({ panel }) => panel === 'Dropped by reason')?.expr as string;
    const seen = async (name: string) =>
      (await curves(expr, name))
        .filter(({ points }) => points.some(([, value]) => value > 0))
        .map(({ labels }) => labels.reason)
        .sort();
    expect(await seen('ring-full-drop-newest')).toEqual(['drop-newest']);
    expect(await seen('ring-full-drop-oldest')).toEqual(['drop-oldest']);
    expect(await seen('duplicates')).toEqual(['duplicate']);
    expect(await seen('bad-rows')).toEqual(['error_chan_full', 'failed']);
    expect(await seen('steady')).toEqual([]);
  });

  test('the circuit is seen open, the event loop blocked', async () => {
    const highest = async (panel: string, name: string) => {
      const expr = queries.find((query) => query.panel === panel)?.expr as string;
      return Math.max(
        ...(await curves(expr, name)).flatMap(({ points }) => points.map(([, value]) => value)),
      );
    };
    expect(await highest('Circuit', 'outage')).toBe(2);
    expect(await highest('Circuit', 'steady')).toBe(0);
    expect(await highest('Event loop delay', 'blocked-main')).toBeGreaterThan(0.2);
  });

  test('the variables offer every flow and test, and "All" finds series without a test', async () => {
    const [flows, tests] = labelVariables(performance.uid);
    if (flows === undefined || tests === undefined) throw new Error('two variables are missing');
    expect([flows.name, tests.name]).toEqual(['flow', 'test_name']);
    const values = ({ selector, label }: typeof flows) =>
      all.server.labelValues(label, fill(selector, { flow: flows.all }));
    expect(await values(flows)).toEqual(all.outcomes.map(({ flow }) => flow).sort());
    const labelled = scenarios.filter(({ unlabelled }) => !unlabelled).map(({ name }) => name);
    expect(await values(tests)).toEqual(labelled.sort());
    const expr = queries.find(({ legend }) => legend === '{{flow}} rows')?.expr as string;
    const both = fill(expr, { flow: flows.all, test_name: tests.all });
    const found = await all.server.range(both, all.from, all.to, interval);
    expect(found.map(({ labels }) => labels.flow)).toContain('flow-unlabelled');
  });

  test('every alert begins to fire in the scenarios that should fire it', async () => {
    expect((await all.server.alerts('batchflow')).sort()).toEqual(Object.keys(firedBy).sort());
    const range = `${Math.ceil((all.to - all.from) / 1000) + 1}s`;
    const pending = await all.server.instant(`max_over_time(ALERTS[${range}])`, all.to);
    const fired = (alert: string) =>
      pending.filter(({ labels }) => labels.alertname === alert).map(({ labels }) => labels.flow?.slice(5));
    for (const [alert, names] of Object.entries(firedBy)) {
      expect(fired(alert), alert).toEqual(expect.arrayContaining([...names]));
      // How late deadlines are depends on the machine, too; the alert's own tests show when it is silent.
      if (alert !== 'BatchflowDeadlinesLate')
        expect(
          fired(alert).filter((name) => healthy.includes(name as string)),
          alert,
        ).toEqual([]);
    }
  });

  test('a scrape asks no flusher: it works while all four are stuck', () => {
    const { busyMs, stuckMs, stuck } = all.scrape;
    console.log(
      `a scrape of two flows of 4 flushers: median ${busyMs.toFixed(2)} ms, while 4 are stuck ${stuckMs.toFixed(2)} ms`,
    );
    expect([stuck.before, stuck.after]).toEqual([4, 4]);
    expect(stuck.text).toContain('batchflow_inflight_batches{flow="stuck"} 4\n');
  });
});
