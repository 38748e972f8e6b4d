/**
 * What promtool says: of the configuration of Prometheus, of the alerts and their unit tests, and of what is scraped.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow } from '../../dist/src/index.js';
import { prometheus } from '../../dist/src/metrics/index.js';
import { start } from '../fixtures/ingest.js';
import { installed } from './installed.js';
import { configFolder } from './prometheus-server.js';

function promtool(args: readonly string[], input?: string) {
  const options = { cwd: fileURLToPath(configFolder), encoding: 'utf8' as const };
  const { status, stdout, stderr } = spawnSync('promtool', args, { ...options, input });
  return { status, said: stdout + stderr };
}

describe.runIf(installed('promtool'))('promtool', () => {
  test.each([
    'check config prometheus.yml',
    'check rules alerts.yml source-alerts.yml',
    'test rules alerts.test.yml source-alerts.test.yml',
  ])('%s', (command) => {
    const { status, said } = promtool(command.split(' '));
    expect(status, said).toBe(0);
    expect(said).toContain('SUCCESS');
  });

  test('has nothing to say against the metrics of a flow, with and without workers', async () => {
    const registry = new Registry();
    for (const perWorker of [false, true]) {
      const flow = await createBatchFlow({ name: `per worker: ${perWorker}`, onBatch: () => {} });
      onTestFinished(async () => void (await flow.close()));
      prometheus(flow, { registry, perWorker, labels: { test_name: 'x' } });
    }
    const text = await registry.metrics();
    expect(text).toContain(
      'batchflow_batch_size_bucket{flow="per worker: true",test_name="x",worker="1",le="1"} 0',
    );
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
    // It does say something when there is something to say.
    expect(
      promtool(['check', 'metrics'], text.replace('# HELP batchflow_events_total', '#')).status,
    ).not.toBe(0);
  });

  test('has nothing to say against what the service shows', async () => {
    const { url } = await start();
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^nodejs_active_handles\{/m);
    expect(text).toMatch(/^batchflow_events_total\{/m);
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
  });
});
