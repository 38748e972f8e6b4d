/**
 * The types of events that every collector has, with the metrics that they change.
 */
import { ConfigError } from '../../errors.js';
import { t } from '../../schema/columns/columns.js';
import { defineSchema } from '../../schema/columns/schema.js';
import type {
  Buckets,
  EventDefinition,
  GroupDefinition,
  MetricDefinition,
} from '../series/event-definition.js';
import { ownTotal } from './own-groups.js';

export const HttpRequest = defineSchema('http_request', {
  method: t.label(),
  path: t.string(),
  status: t.uint16(),
  durationMs: t.float64(),
});

export const BackendRequest = defineSchema('backend_request', {
  provider: t.label(),
  model: t.label(),
  success: t.bool(),
  latencyMs: t.float64(),
  errorType: t.label().optional(),
});

export const HealthCheck = defineSchema('health_check', {
  backend: t.label(),
  healthy: t.bool(),
  durationMs: t.float64(),
});

export const CacheMetric = defineSchema('cache', { cache: t.label(), operation: t.label() });

const named = { name: t.label(), labels: t.string(), value: t.float64() };
export const Counter = defineSchema('counter', named);
export const Gauge = defineSchema('gauge', named);
export const Histogram = defineSchema('histogram', named);

export const cacheOperations = ['hit', 'miss', 'eviction'] as const;

/** The definitions. @param bucketsOf the buckets of a histogram, by its name. */
export function knownEvents(bucketsOf: (name: string) => Buckets): readonly EventDefinition[] {
  const counter = (name: string, help: string): MetricDefinition => ({
    name,
    help,
    type: 'counter',
    scale: 1,
    isSigned: false,
  });
  const seconds = (name: string, help: string, value: string): MetricDefinition => ({
    name,
    help,
    type: 'histogram',
    value,
    scale: 0.001,
    isSigned: false,
    buckets: bucketsOf(name),
  });
  const labels = (...columns: readonly (readonly [name: string, column: string])[]) =>
    columns.map(([name, column]) => ({ name, column }));
  return [
    {
      schema: HttpRequest,
      allowed: {},
      path: 'path',
      groups: [
        {
          labels: labels(['method', 'method'], ['path', 'path'], ['status', 'status']),
          metrics: [
            counter('http_requests_total', 'HTTP requests that were answered.'),
            seconds('http_request_duration_seconds', 'How long HTTP requests took.', 'durationMs'),
          ],
        },
      ],
    },
    {
      schema: BackendRequest,
      allowed: {},
      groups: [
        {
          labels: labels(
            ['provider', 'provider'],
            ['model', 'model'],
            ['success', 'success'],
            ['error_type', 'errorType'],
          ),
          metrics: [
            counter('backend_requests_total', 'Requests to backends.'),
            seconds('backend_request_duration_seconds', 'How long requests to backends took.', 'latencyMs'),
          ],
        },
      ],
    },
    {
      schema: HealthCheck,
      allowed: {},
      groups: [
        {
          labels: labels(['backend', 'backend'], ['healthy', 'healthy']),
          metrics: [counter('health_checks_total', 'Health checks, by their result.')],
        },
        {
          labels: labels(['backend', 'backend']),
          metrics: [
            {
              name: 'health_check_healthy',
              help: 'Whether the last health check found the backend healthy.',
              type: 'gauge',
              value: 'healthy',
              scale: 1,
              isSigned: false,
            },
            seconds('health_check_duration_seconds', 'How long health checks took.', 'durationMs'),
          ],
        },
      ],
    },
    {
      schema: CacheMetric,
      allowed: { operation: cacheOperations },
      groups: [
        {
          labels: labels(['cache', 'cache'], ['operation', 'operation']),
          metrics: [counter('cache_operations_total', 'Hits, misses and evictions of caches.')],
        },
      ],
    },
    ...([Counter, Gauge, Histogram] as const).map(
      (schema): EventDefinition => ({
        schema,
        named: schema.name as 'counter' | 'gauge' | 'histogram',
        allowed: {},
        groups: [],
      }),
    ),
  ];
}

/** @throws ConfigError where two metrics have the same name, or labels of one have. */
export function checkFamilies(groups: readonly GroupDefinition[]): void {
  const names = new Set<string>(Object.values(ownTotal));
  for (const { labels, metrics } of groups) {
    const labelNames = labels.map(({ name }) => name);
    const twice = labelNames.find((name, i) => labelNames.indexOf(name) < i);
    if (twice !== undefined) throw new ConfigError('metrics', twice, 'labels of different names');
    for (const name of metrics.flatMap(namesOf)) {
      if (names.has(name)) throw new ConfigError('metrics', name, 'metrics of different names');
      names.add(name);
    }
  }
}

/** The names of a metric's series. */
export function namesOf({ name, type }: Pick<MetricDefinition, 'name' | 'type'>): string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
