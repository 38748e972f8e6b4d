/**
 * `GET /metrics`: what Prometheus scrapes, in its text format, or as OpenMetrics if the client asks for that.
 *
 * Each format has a registry of its own: prom-client changes a counter's name when it writes OpenMetrics.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Registry, RegistryContentType } from 'prom-client';
import { type Measured, prometheus } from '../metrics/prometheus/prometheus.js';
import { promClient } from '../metrics/read/prom-client.js';
import type { SeenLines } from './seen-lines.js';

/** @param seen lines of idempotency keys; undefined where the flow takes no identities. */
export function metricsRoute(flow: Measured, seen?: SeenLines) {
  const { Registry } = promClient();
  const text = registryOf(flow, Registry.PROMETHEUS_CONTENT_TYPE, seen);
  const open = registryOf(flow, Registry.OPENMETRICS_CONTENT_TYPE, seen);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const registry = request.headers.accept?.includes('application/openmetrics-text') ? open : text;
    return reply.type(registry.contentType).send(await registry.metrics());
  };
}

/**
 * Sums of prom-client that are gauges and end in `_total`, which is for counters: linters object, and tools that go by
 * the name take rates of them. The same numbers are there by kind, as `nodejs_active_handles` and its like.
 */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

function registryOf(
  flow: Measured,
  contentType: RegistryContentType,
  seen: SeenLines | undefined,
): Registry<RegistryContentType> {
  const { collectDefaultMetrics, Counter, Registry } = promClient();
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  // Of the process: its event loop's delay, its memory, its garbage collector.
  collectDefaultMetrics({ register: registry as Registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  prometheus(flow, { registry });
  if (seen === undefined) return registry;
  new Counter({
    name: 'batchflow_idempotency_mismatches_total',
    help: 'Requests refused because their Idempotency-Key had been sent with other content.',
    registers: [registry as Registry],
    collect() {
      this.reset();
      this.inc(seen.mismatches);
    },
  });
  return registry;
}
