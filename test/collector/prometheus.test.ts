/**
 * A collector's series as Prometheus scrapes them: the text of its own, and the same in a registry of prom-client.
 */
import { Counter, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createCollector, registerCollector } from '../../dist/src/collector/index.js';
import { ConfigError } from '../../dist/src/index.js';

async function recorded() {
  const collector = await createCollector({
    flushIntervalMs: 20,
    bucketsByMetric: { native: 'exponential' },
  });
  onTestFinished(async () => void (await collector.close()));
  collector.recordHttpRequest('GET', '/users/17', 200, 30);
  collector.recordHistogram('native', {}, 2);
  collector.recordHistogram('bounded', { le: 'own', quantile: 'q' }, 2);
  collector.recordGauge('hostile', { text: 'a"b\\c\nd' }, -0.5);
  collector.recordCacheMetric('redis', 'nonsense' as never);
  await collector.flush();
  return collector;
}

/** Samples of a text, without the order of labels. */
function samples(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'));
  return lines
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`))
    .sort();
}

test('the registry shows what the collector’s own text shows', async () => {
  const collector = await recorded();
  const registry = new Registry();
  const other = new Counter({ name: 'other_total', help: '-', registers: [registry] });
  other.inc();
  registerCollector(collector, registry);
  const own = samples(collector.metrics());
  expect(own).toContain('http_requests_total{method="GET",path="/users/:id",status="200"} 1');
  expect(own).toContain('native_sum 2');
  expect(own).toContain('bounded_bucket{exported_le="own",le="2.5",quantile="q"} 1');
  expect(own).toContain('hostile{text="a\\"b\\\\c\\nd"} -0.5');
  expect(own).toContain('batchflow_collector_events_total{state="failed"} 1');
  expect(own).toContain('batchflow_collector_events_total{state="processed"} 4');
  const shown = samples(await registry.metrics());
  expect(shown).toEqual([...own, 'other_total 1', '# TYPE other_total counter'].sort());
});

test('a name that comes later is shown from the next scrape on, and all can be taken out', async () => {
  const collector = await recorded();
  const registry = new Registry();
  const leave = registerCollector(collector, registry);
  collector.recordCounter('later', {}, 1);
  await collector.flush();
  await registry.metrics();
  expect(await registry.metrics()).toContain('later 1\n');
  leave();
  expect((await registry.metrics()).trim()).toBe('');
  registerCollector(collector, registry);
});

test('a registry that has such a name from others is an error', async () => {
  const collector = await recorded();
  const registry = new Registry();
  new Counter({ name: 'hostile', help: '-', registers: [registry] });
  expect(() => registerCollector(collector, registry)).toThrow(ConfigError);
});
