/**
 * `GET /metrics`: what Prometheus scrapes, in its text format, or as OpenMetrics if the client asks for that.
 *
 * Each format has a registry of its own: prom-client changes a counter's name when it writes OpenMetrics.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Registry, RegistryContentType } from 'prom-client';
import { type Measured, prometheus } from '../metrics/prometheus/prometheus.js';
import { promClient } from '../metrics/read/prom-client.js';

export function metricsRoute(flow: Measured) {
  const { Registry } = promClient();
  const text = registryOf(flow, Registry.PROMETHEUS_CONTENT_TYPE);
  const open = registryOf(flow, Registry.OPENMETRICS_CONTENT_TYPE);
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

function registryOf(flow: Measured, contentType: RegistryContentType): Registry<RegistryContentType> {
  const { collectDefaultMetrics, Registry } = promClient();
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  // Of the process: its event loop's delay, its memory, its garbage collector.
  collectDefaultMetrics({ register: registry as Registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  prometheus(flow, { registry });
  return registry;
}
