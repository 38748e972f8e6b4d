/**
 * A collector that counts the same wave of events again and again, as `batchflow collect` shows it to the real
 * Prometheus.
 */
import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';
import { type Collector, createCollector, listenStatsd } from '../../dist/src/collector/index.js';
import { createCollectService } from '../../dist/src/server/collect/service.js';
import { until } from '../fixtures/until.js';
import { PrometheusServer } from './prometheus-server.js';
import { interval } from './run.js';

/** So often it is scraped. */
const leastScrapes = 12;

export interface Collecting {
  readonly server: PrometheusServer;
  /** What Prometheus has as the instance. */
  readonly instance: string;
  /** What the service showed at the end. */
  readonly shown: string;
  /** When the first wave was counted, and the last was scraped; milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** Prometheus is still there when it resolves: the caller stops it. */
export async function collecting(): Promise<Collecting> {
  const collector = await createCollector({
    // Events wait until the next wave.
    flushIntervalMs: 60_000,
    maxSeries: 10,
    paths: (path) => {
      if (path.startsWith('/broken')) throw new Error('no template');
      return path.replace(/\d+/, ':id');
    },
  });
  const statsd = await listenStatsd(collector, { host: '127.0.0.1', port: 0 });
  const service = createCollectService({ collector, statsd });
  const client = createSocket('udp4');
  let server: PrometheusServer | undefined;
  try {
    const url = await service.listen({ host: '127.0.0.1', port: 0 });
    const instance = new URL(url).host;
    let waves = 0;
    const wave = async () => {
      await collector.flush();
      record(collector, ++waves);
      client.send('lines_total:1|c\nno line', statsd.port, statsd.host);
    };
    // A counter's growth is seen from the first scrape that has it.
    await wave();
    await collector.flush();
    const prometheus = await PrometheusServer.start({ collector: [instance] }, `${1000 * interval}ms`);
    server = prometheus;
    const from = Date.now();
    await until(async () => {
      await wave();
      await setTimeout(50);
      const [scrapes] = await prometheus.instant('sum_over_time(up{job="collector"}[5m])');
      return (scrapes?.value ?? 0) >= leastScrapes;
    }, `${leastScrapes} scrapes`);
    return { server, instance, shown: await (await fetch(`${url}/metrics`)).text(), from, to: Date.now() };
  } catch (error) {
    await server?.stop();
    throw error;
  } finally {
    client.close();
    await service.close();
    await statsd.close();
    await collector.close();
  }
}

/** Of each panel's events some, in shares that the panels must show. */
function record(collector: Collector, wave: number): void {
  for (const [path, status, durationMs] of [
    ['/users/17', 200, 20],
    ['/users/18', 404, 20],
    ['/orders', 200, 300],
    ['/orders', 503, 300],
    // The function of paths is asked once for each path.
    [`/broken/${wave}`, 200, 20],
  ] as const)
    collector.recordHttpRequest('GET', path, status, durationMs);
  collector.recordBackendRequest('openai', 'large', true, 800);
  collector.recordBackendRequest('openai', 'large', true, 800);
  collector.recordBackendRequest('openai', 'large', true, 800);
  collector.recordBackendRequest('openai', 'large', false, 2000, 'timeout');
  collector.recordBackendRequest('local', 'small', true, 80);
  collector.recordHealthCheck('db', true, 3);
  collector.recordHealthCheck('search', false, 30);
  collector.recordCacheMetric('users', 'hit');
  collector.recordCacheMetric('users', 'hit');
  collector.recordCacheMetric('users', 'hit');
  collector.recordCacheMetric('users', 'miss');
  collector.recordCacheMetric('users', 'eviction');
  collector.recordCounter('jobs_total', { queue: 'mail' }, 3);
  collector.recordGauge('depth', { queue: 'mail' }, 7);
  collector.recordHistogram('payload_seconds', {}, 0.03);
  // Rejected; and more series than a metric may have.
  collector.recordCounter('jobs_total', { queue: 'mail' }, -1);
  for (let user = 0; user < 12; user++) collector.recordCounter('logins_total', { user: String(user) }, 1);
}
