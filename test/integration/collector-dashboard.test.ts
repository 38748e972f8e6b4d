/**
 * The dashboard of collectors, proven with the real Prometheus: it asks for what a collector shows, and each of its
 * panels shows what was recorded.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Collecting, collecting } from './collecting.js';
import { collector } from './grafana/collector-panels.js';
import { fixedMetrics } from './grafana/collector-variables.js';
import { fill, labelVariables, panelQueries } from './grafana/read-dashboard.js';
import { installed } from './installed.js';
import type { Curve } from './prometheus-server.js';
import { interval, rateInterval } from './run.js';

const queries = panelQueries(collector.uid);
const variables = labelVariables(collector.uid);
const byName = { counter: 'jobs_total', gauge: 'depth', histogram: 'payload_seconds_bucket' };

/** Values of labels, in the order of their names. */
const named = (labels: Curve['labels']) =>
  Object.entries(labels)
    .filter(([name]) => name !== '__name__')
    .sort()
    .map(([, value]) => value)
    .join(' ');

/** The metrics that an expression names. */
const metricsIn = (expr: string) => [...expr.matchAll(/(\w+)\{/g)].map(([, name]) => name as string);

test('every metric that a collector always has is in a panel', () => {
  const asked = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
  // Rows that a failed flow of `events` refuses: only collectors with such flows have them.
  const others = ['batchflow_collector_refused_rows_total'];
  for (const { name, type } of fixedMetrics.filter((metric) => !others.includes(metric.name)))
    expect(asked).toContain(type === 'histogram' ? `${name}_bucket` : name);
});

describe.runIf(installed('prometheus'))('with the real Prometheus', () => {
  let all: Collecting;
  beforeAll(async () => {
    all = await collecting();
  }, 120_000);
  afterAll(() => all?.server.stop());

  const chosen = () => ({ job: 'collector', instance: all.instance, path: '.*', ...byName });
  const everything = () => ({
    ...Object.fromEntries(variables.map(({ name, all: value }) => [name, value])),
    ...byName,
  });
  const curves = (expr: string, values: Readonly<Record<string, string>> = chosen()) =>
    all.server.range(fill(expr, { ...values, __rate_interval: rateInterval }), all.from, all.to, interval);
  const exprOf = (panel: string, legend?: string) => {
    const found = queries.find((query) => query.panel === panel && query.legend === (legend ?? query.legend));
    if (found === undefined) throw new Error(`there is no ${legend} in ${panel}`);
    return found.expr;
  };
  /** The last value of each curve, by its labels. */
  const last = async (panel: string, legend?: string, values = chosen()) =>
    Object.fromEntries(
      (await curves(exprOf(panel, legend), values)).map(({ labels, points }) => [
        named(labels),
        points.at(-1)?.[1] ?? Number.NaN,
      ]),
    );

  test.each(queries)('panel $panel shows $legend', async ({ panel, legend, expr }) => {
    const shown = new Set([...all.shown.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name));
    for (const metric of metricsIn(expr)) expect(shown).toContain(metric);
    for (const values of [chosen(), everything()]) {
      const found = await curves(expr, values);
      const points = found.flatMap((curve) => curve.points.map(([, value]) => value)).filter(Number.isFinite);
      expect(Math.max(...points), `${panel}: ${expr}`).toBeGreaterThan(0);
      for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
        expect(found.map(({ labels }) => labels[label as string] ?? '').join('')).not.toBe('');
    }
  });

  test('shares are those of what was recorded', async () => {
    const shares = async (panel: string, legend?: string) =>
      Object.fromEntries(
        Object.entries(await last(panel, legend)).map(([name, value]) => [name, Math.round(20 * value) / 20]),
      );
    expect(await shares('Error ratio', '5xx')).toEqual({ '': 0.2 });
    expect(await shares('Error ratio', '4xx')).toEqual({ '': 0.2 });
    expect(await shares('Error ratio by path')).toEqual({
      'GET /orders': 0.5,
      'GET /users/:id': 0,
      'GET /broken/:id': 0,
    });
    expect(await shares('Backend error ratio')).toEqual({ 'large openai': 0.25, 'small local': 0 });
    expect(await shares('Failed health checks')).toEqual({ db: 0, search: 1 });
    expect(await shares('Cache hit ratio')).toEqual({ users: 0.75 });
    expect(await last('Health of backends')).toEqual({ db: 1, search: 0 });
    expect(Object.values(await last('Gauge $gauge'))).toEqual([7]);
  });

  test('durations are in the buckets of what was recorded', async () => {
    const between = async (
      panel: string,
      legend: string | undefined,
      labels: string,
      range: [number, number],
    ) => {
      const value = (await last(panel, legend))[labels];
      expect(value, `${panel} ${labels}`).toBeGreaterThan(range[0]);
      expect(value, `${panel} ${labels}`).toBeLessThanOrEqual(range[1]);
    };
    await between('Request duration', 'p50', '', [0.01, 0.025]);
    await between('Request duration', 'p95', '', [0.25, 0.5]);
    await between('Request duration by path', undefined, 'GET /orders', [0.25, 0.5]);
    await between('Backend latency by model', 'p50 {{provider}} {{model}}', 'small local', [0.05, 0.1]);
    await between('Backend latency by success', 'p99 {{success}}', 'false', [1, 2.5]);
    await between('Health check duration', 'p99 {{backend}}', 'search', [0.025, 0.05]);
    await between('Histogram $histogram', 'p50', '', [0.025, 0.05]);
  });

  test('events that are not counted are told apart by type, reason and metric', async () => {
    expect(Object.keys(await last('Rejected events'))).toEqual(['negative counter']);
    expect(Object.keys(await last('Limited events'))).toEqual(['logins_total']);
    expect(
      Object.keys(await last('Requests by status', undefined, { ...chosen(), path: '/orders' })),
    ).toEqual(['200', '503']);
  });

  test('the variables offer the collector, its paths, and the metrics that events name', async () => {
    const offered = Object.fromEntries(
      await Promise.all(
        variables.map(async ({ name, selector, label }) => {
          return [name, await all.server.labelValues(label, fill(selector, everything()))] as const;
        }),
      ),
    );
    expect(offered).toEqual({
      job: ['collector'],
      instance: [all.instance],
      path: ['/broken/:id', '/orders', '/users/:id'],
      counter: ['depth', 'jobs_total', 'lines_total', 'logins_total'],
      gauge: ['depth'],
      histogram: ['payload_seconds_bucket'],
    });
  });
});
