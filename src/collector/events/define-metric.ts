/**
 * `defineMetric`: a type of events of one's own, and the metrics that its events change.
 */
import { ConfigError } from '../../errors.js';
import { check, group } from '../../options/check.js';
import { list, number, oneOf, record, text } from '../../options/rules.js';
import { type Columns, defineSchema, type Schema } from '../../schema/columns/schema.js';
import type { Buckets, EventDefinition, GroupDefinition } from '../series/event-definition.js';
import { bucketsRule } from './buckets.js';
import { labelName, metricName } from './label-text.js';

export interface MetricOptions {
  type: 'counter' | 'gauge' | 'histogram';
  /** The column of the value. A counter without one counts events. */
  value?: string;
  /** The value is multiplied by it: 0.001 makes seconds of milliseconds. Default 1. */
  scale?: number;
  help?: string;
  /** Of a histogram. Default: the collector's. */
  buckets?: Buckets;
}

export interface Aggregate {
  /** Columns whose values are labels. */
  labels: readonly string[];
  /** By the metric's name. */
  metrics: Readonly<Record<string, MetricOptions>>;
}

/** A type of events of one's own; `collector.record(metric, event)` records one. */
export interface Metric<S extends Schema = Schema> {
  readonly schema: S;
  readonly groups: readonly (Omit<GroupDefinition, 'metrics'> & {
    readonly metrics: readonly (Omit<GroupDefinition['metrics'][number], 'buckets'> & {
      readonly buckets: Buckets | undefined;
    })[];
  })[];
}

const metricRules = {
  type: oneOf('counter', 'gauge', 'histogram'),
  value: text().optional(),
  scale: number(Number.MIN_VALUE, Number.MAX_VALUE).default(1),
  help: text().optional(),
  buckets: bucketsRule.optional(),
};

const aggregateRules = {
  labels: list(text(), 'a list of names of columns'),
  metrics: record(group(metricRules), 'an object of metrics by name'),
};

const reserved = [
  'http_request',
  'backend_request',
  'health_check',
  'cache',
  'counter',
  'gauge',
  'histogram',
];

/**
 * Define a type of events and how they are counted.
 *
 * @param aggregate metrics with the same labels; a list of such groups where metrics have different ones.
 * @throws ConfigError, SchemaError for what cannot work.
 * @example
 * const Job = defineMetric('job', { queue: t.label(), durationMs: t.float64() }, {
 *   labels: ['queue'],
 *   metrics: {
 *     jobs_total: { type: 'counter' },
 *     job_duration_seconds: { type: 'histogram', value: 'durationMs', scale: 0.001 },
 *   },
 * });
 */
export function defineMetric<const C extends Columns>(
  name: string,
  columns: C,
  aggregate: Aggregate | readonly Aggregate[],
): Metric<Schema<C>> {
  const schema = defineSchema(name, columns);
  if (reserved.includes(name))
    throw new ConfigError('name', name, 'not the name of a type that collectors have');
  if ('at' in schema.columns)
    throw new ConfigError('columns', 'at', 'another name: `at` is the time of an event');
  const groups = (Array.isArray(aggregate) ? aggregate : [aggregate]).map((each) =>
    groupOf(schema, check(aggregateRules, each, 'aggregate')),
  );
  return { schema, groups };
}

function groupOf(schema: Schema, { labels, metrics }: ReturnType<typeof check<typeof aggregateRules>>) {
  const columnOf = (key: string, column: string) => {
    if (!Object.hasOwn(schema.columns, column))
      throw new ConfigError(key, column, `a column of "${schema.name}"`);
    return schema.columns[column] as Schema['columns'][string];
  };
  for (const column of labels) {
    const { type } = columnOf('aggregate.labels', column);
    if (!/^(label|string|bool|u?int(8|16|32)|bigint64)$/.test(type))
      throw new ConfigError('aggregate.labels', column, 'a column of labels, texts, integers or bools');
  }
  return {
    labels: labels.map((column) => ({ name: labelName(column), column })),
    metrics: Object.entries(metrics).map(([name, { type, value, scale, help, buckets }]) => {
      const key = `aggregate.metrics.${name}`;
      if (name === '' || metricName(name) !== name)
        throw new ConfigError(key, name, 'a name of letters, digits, _ and :');
      if (value === undefined && type !== 'counter')
        throw new ConfigError(`${key}.value`, value, 'the column of the value');
      if (value !== undefined) {
        const { type: column, nullable } = columnOf(`${key}.value`, value);
        if (!/^(bool|u?int(8|16|32)|float(32|64))$/.test(column) || nullable)
          throw new ConfigError(`${key}.value`, value, 'a column of numbers that each event has');
      }
      return {
        name,
        type,
        help: help ?? `A ${type} of ${schema.name} events.`,
        ...(value !== undefined && { value }),
        scale,
        isSigned: type === 'gauge' || (type === 'histogram' && buckets !== 'exponential'),
        buckets,
      };
    }),
  };
}

/** @param bucketsOf the collector's buckets of a histogram, by its name. */
export function definitionOf(
  { schema, groups }: Metric,
  bucketsOf: (name: string) => Buckets,
): EventDefinition {
  return {
    schema,
    allowed: {},
    // An event may have no metrics: it goes to `events` alone.
    groups: groups
      .filter(({ metrics }) => metrics.length > 0)
      .map(({ labels, metrics }) => ({
        labels,
        metrics: metrics.map(({ buckets, ...metric }) =>
          metric.type === 'histogram' ? histogramOf(metric, buckets ?? bucketsOf(metric.name)) : metric,
        ),
      })),
  };
}

function histogramOf<M extends { readonly isSigned: boolean }>(metric: M, buckets: Buckets) {
  return { ...metric, buckets, isSigned: metric.isSigned && buckets !== 'exponential' };
}
