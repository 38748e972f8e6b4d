/**
 * The dashboard of sources, proven with the real Prometheus and a real nats-server: each of its panels shows something,
 * and no alert asks for a metric that is not there.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NatsServer, noNats } from '../fixtures/nats-server.js';
import { fill, labelVariables, panelQueries } from './grafana/read-dashboard.js';
import { sourceDashboard } from './grafana/source-panels.js';
import { installed } from './installed.js';
import { configFolder } from './prometheus-server.js';
import { interval, rateInterval } from './run.js';
import { type Sourcing, sourcing } from './sourcing.js';

const queries = panelQueries(sourceDashboard.uid);
const metricsIn = (text: string) =>
  [...text.matchAll(/\b(batchflow_\w+)/g)].map(([, name]) => name as string);

describe.runIf(installed('prometheus') && noNats === undefined)('with the real Prometheus', () => {
  let all: Sourcing;
  beforeAll(async () => {
    all = await sourcing(await NatsServer.start());
  }, 120_000);
  afterAll(() => all?.server.stop());

  const shown = () => new Set([...all.shown.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name));
  const curves = (expr: string, flow = '.*') => {
    const values = { flow, instance: '.*', __rate_interval: rateInterval };
    return all.server.range(fill(expr, values), all.from, all.to, interval);
  };

  test.each(queries)('panel $panel shows $legend', async ({ panel, legend, expr }) => {
    for (const metric of metricsIn(expr)) expect(shown()).toContain(metric);
    const found = await curves(expr);
    const values = found.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
    // The worst state is 0 while one of the sources cannot be reached.
    const least = legend.endsWith('state') ? -1 : 0;
    expect(Math.max(...values), `${panel}: ${expr}`).toBeGreaterThan(least);
    for (const [, label] of legend.matchAll(/\{\{(\w+)\}\}/g))
      expect(found.map(({ labels }) => labels[label as string] ?? '').join('')).not.toBe('');
  });

  test('results are told apart, and a source that waits from one that runs', async () => {
    const expr = (panel: string) => queries.find((query) => query.panel === panel)?.expr as string;
    const results = (await curves(expr('Units by result'), 'worker')).map(({ labels }) => labels.result);
    expect(results.sort()).toEqual(['acknowledged', 'handed_back', 'received']);
    const states = async (flow: string) =>
      new Set(
        (await curves(expr('Sources'), flow)).flatMap(({ points }) => points.map(([, value]) => value)),
      );
    expect(await states('worker')).toEqual(new Set([1]));
    expect(await states('failing')).toContain(0);
  });

  test('the variables offer each flow with a source', async () => {
    const [flows, instances] = labelVariables(sourceDashboard.uid);
    expect([flows?.name, instances?.name]).toEqual(['flow', 'instance']);
    const offered = await all.server.labelValues('flow', flows?.selector as string);
    expect(offered.sort()).toEqual(['failing', 'worker']);
  });

  test('the alerts ask for metrics that are there, and see the source that waits', async () => {
    const rules = readFileSync(new URL('source-alerts.yml', configFolder), 'utf8');
    for (const metric of metricsIn(rules)) expect(shown()).toContain(metric);
    const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(await all.server.alerts('batchflow-sources')).toEqual(names);
    const range = `${Math.ceil((all.to - all.from) / 1000) + 1}s`;
    const pending = await all.server.instant(`max_over_time(ALERTS[${range}])`, all.to);
    const flowsOf = (alert: string) =>
      pending.filter(({ labels }) => labels.alertname === alert).map(({ labels }) => labels.flow);
    expect(flowsOf('BatchflowSourceWaiting')).toEqual(['failing']);
    expect(flowsOf('BatchflowUnreadableMessages')).toEqual(['worker']);
  });
});
