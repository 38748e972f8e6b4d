/**
 * A collector's settings: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../errors.js';
import { sourceOf } from '../function-source.js';
import { type Checked, check, group, type RulesFor } from '../options/check.js';
import {
  boolean,
  callback,
  custom,
  integer,
  isObject,
  list,
  oneOf,
  record,
  text,
  union,
} from '../options/rules.js';
import type { SinkRef } from '../sink.js';
import type { PathSettings } from './aggregation/aggregator.js';
import { bucketsRule, usualBuckets } from './events/buckets.js';
import type { Metric } from './events/define-metric.js';
import type { ExporterRef } from './exporting/exporter.js';
import type { Buckets } from './series/event-definition.js';

/** Where the events themselves go, each as a row, beside what is counted of them. */
export interface EventsTo {
  /** Any sink: a table of each type in a database, documents in Elasticsearch, a sink of your own. */
  sink: SinkRef;
  /** Types of events. Default: all. */
  types?: readonly string[] | undefined;
  /** Rows of a batch. Default: 1000. */
  flushSize?: number | undefined;
  /** Default 1000. */
  flushIntervalMs?: number | undefined;
  /** Events that wait for this sink; what comes beyond them is dropped and counted. Default 64,000. */
  bufferSize?: number | undefined;
  /** Where events go that the sink does not take. Default: what the sink suggests. */
  deadLetters?: SinkRef | false | undefined;
}

export interface CollectorSettings {
  /** Names the collector in errors and metrics. Default `collector`. */
  name?: string;
  /** Events of all types together that are counted at once. Default 100. */
  batchSize?: number;
  /** A batch is counted when its first event has waited this long. Default 5000. */
  flushIntervalMs?: number;
  /** Events that wait to be counted, at least two batches. Default 10,000. */
  bufferSize?: number;
  /** Whether what is sent to backends is compressed, where the backend's own option says nothing. Default false. */
  enableCompression?: boolean;
  /** What happens to an event when the buffer is full. Default `drop-newest`. */
  onFull?: 'drop-newest' | 'block' | 'reject';
  /** How long `block` waits for room. Default 1000. */
  blockTimeoutMs?: number;
  /** Threads that count. Default 1. */
  flushers?: number;
  /** Types of events of your own, made by `defineMetric`. */
  metrics?: readonly Metric[];
  /** Upper bounds of histograms' buckets; `exponential`: native histograms. Default: 0.005 to 10, as prom-client's. */
  buckets?: Buckets;
  /** Buckets of single histograms, by name. */
  bucketsByMetric?: Readonly<Record<string, Buckets>>;
  /**
   * How paths of HTTP requests become labels: patterns such as `/users/:id` and `/files/*`, or a function of the path,
   * which runs in another thread from its source text. What no pattern fits has its numbers, UUIDs and long random
   * texts replaced by `:id`. Default: no patterns.
   */
  paths?: readonly string[] | ((path: string) => string);
  /** Series of a metric; further ones are counted together, in one with the label value `other`. Default 1000. */
  maxSeries?: number;
  /** Names of metrics that events bring along. Default 200. */
  maxMetrics?: number;
  /** Series that have not changed for so long are no longer shown. Default: shown for ever. */
  expireAfterMs?: number;
  /** Where series are sent, each at its own interval. */
  backends?: readonly ExporterRef[];
  /** How often series are sent to backends that say nothing else. Default 15,000. */
  exportIntervalMs?: number;
  /** Where the events themselves go. */
  events?: readonly EventsTo[];
  /** Threads that may record at one time, beside the creating one. Default 8. */
  maxThreads?: number;
  /** How long the end of the process waits for what was recorded to be counted and sent. Default 5000. */
  drainGraceMs?: number;
}

const hour = 3_600_000;
const week = 168 * hour;

const sink = custom<SinkRef>(
  (value) => isObject(value) && typeof value.module === 'string',
  'a sink such as elasticsearch({…})',
);

const eventsRules = {
  sink,
  types: list(text(), 'a list of types of events').optional(),
  flushSize: integer(1, 1_000_000).default(1000),
  flushIntervalMs: integer(1, hour).default(1000),
  bufferSize: integer(2, 100_000_000).default(64_000),
  deadLetters: custom<SinkRef | false>(
    (value) => value === false || (isObject(value) && typeof value.module === 'string'),
    'a sink, or false for none',
  ).optional(),
} satisfies RulesFor<EventsTo>;

export const collectorRules = {
  name: text()
    .and((name) => name.length <= 128, 'a text of at most 128 characters')
    .default('collector'),
  batchSize: integer(1, 1_000_000).default(100),
  flushIntervalMs: integer(1, hour).default(5000),
  bufferSize: integer(2, 100_000_000).default(10_000),
  enableCompression: boolean().default(false),
  onFull: oneOf('drop-newest', 'block', 'reject').default('drop-newest'),
  blockTimeoutMs: integer(1, hour).default(1000),
  flushers: integer(1, 64).default(1),
  metrics: list(
    custom<Metric>(
      (value) => isObject(value) && Array.isArray(value.groups) && isObject(value.schema),
      'what defineMetric() returned',
    ),
    'a list of what defineMetric() returned',
  ).default([]),
  buckets: bucketsRule.default(usualBuckets),
  bucketsByMetric: record(bucketsRule, 'an object of buckets by name').default({}),
  paths: union(
    'patterns such as /users/:id, or a function of the path',
    list(
      text().and((pattern) => pattern.startsWith('/'), 'a pattern that begins with /'),
      'a list of patterns',
    ),
    callback<(path: string) => string>('a function of the path'),
  ).default([]),
  maxSeries: integer(1, 1_000_000).default(1000),
  maxMetrics: integer(1, 100_000).default(200),
  expireAfterMs: integer(1, week).optional(),
  backends: list(
    custom<ExporterRef>(
      (value) => isObject(value) && typeof value.exporter === 'string',
      'a backend such as otlp({…})',
    ),
    'a list of backends such as otlp({…})',
  ).default([]),
  exportIntervalMs: integer(1, hour).default(15_000),
  events: list(group(eventsRules), 'a list of { sink, … }').default([]),
  maxThreads: integer(1, 256).default(8),
  drainGraceMs: integer(1, hour).default(5000),
} satisfies RulesFor<CollectorSettings>;

export type CheckedSettings = Checked<typeof collectorRules>;

/** @throws ConfigError for the first setting that cannot work. */
export function settingsOf(settings: unknown): CheckedSettings {
  const checked = check(collectorRules, settings, 'settings');
  if (checked.bufferSize < 2 * checked.batchSize)
    throw new ConfigError(
      'bufferSize',
      checked.bufferSize,
      `at least two batches: 2 × batchSize (${checked.batchSize})`,
    );
  return checked;
}

/** @throws ConfigError for a function that cannot run in another thread. */
export function pathsOf({ paths }: Pick<CheckedSettings, 'paths'>): PathSettings {
  if (typeof paths !== 'function') return { patterns: paths };
  return { source: sourceOf('paths', paths, '/') };
}
