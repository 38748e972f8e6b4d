/**
 * The rules of a flow's settings: what each may be, and its default. `api/settings.ts` documents what they mean.
 *
 * The compiler compares the rules' names and types with the documented interfaces, and a test compares the defaults.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { group, type RulesFor } from '../../options/check.js';
import type { Rule } from '../../options/rule.js';
import {
  abortSignal,
  boolean,
  callback,
  custom,
  integer,
  isObject,
  list,
  number,
  off,
  oneOf,
  record,
  text,
  union,
  withMethods,
} from '../../options/rules.js';
import { stepsOf } from '../../redact/path.js';
import { usualCensor, usualNames } from '../../redact/redactor.js';
import type { EventOf, RowOf, Schema } from '../../schema/columns/schema.js';
import type { Meaning, Verdict } from '../../target-errors/meaning.js';
import type { Dedupe, DedupeOfSchema } from '../api/dedupe.js';
import type { Flow } from '../api/flow.js';
import type { BatchEvent, Logger, ObserverOptions, RedactOptions, Sampler } from '../api/observing.js';
import type {
  AdaptiveOptions,
  CircuitOptions,
  FlowClock,
  FlowConfig,
  RetryOptions,
} from '../api/settings.js';
import type { Sharding } from '../api/sharding.js';
import { concurrencyLimitRule } from './concurrency-limit.js';
import { expectedBy } from './dedupe.js';
import { dedupeNamesElsewhere, observerNamesElsewhere } from './names-elsewhere.js';
import { sinkRule, sourceRule } from './sink-rule.js';

/** Every setting of a configuration; `cross-rules.ts` checks which go together. */
type Settings = { [K in keyof FlowConfig]?: FlowConfig[K] };
type OfSchema = DedupeOfSchema<RowOf<Schema>>;
type KeyOf = NonNullable<Dedupe<RowOf<Schema>>['by']>;
type AnySharding = Sharding<EventOf<Schema>>;

const hour = 3_600_000;
const maxFailures = 1_000_000;
const mostFlushers = 64;
const mostInFlight = 1024;
const flushSize = integer(1, 1_000_000);
const flushIntervalMs = integer(1, hour);

/** Two values, the first no greater than the second. */
function range(each: Rule<number>, unit: string): Rule<readonly [number, number]> {
  const expected = `two numbers of ${unit}, [least, most]`;
  return list(each, expected)
    .and(({ length }) => length === 2, expected)
    .and(([min = 0, max = 0]) => min <= max, `${expected}: the first is the greater one`) as Rule<
    readonly number[]
  > as Rule<readonly [number, number]>;
}

export const adaptiveRules = {
  targetLatencyMs: integer(1, hour).default(50),
  flushSize: range(flushSize, 'rows').default([100, 5000]),
  flushIntervalMs: range(flushIntervalMs, 'milliseconds').default([10, 200]),
} satisfies RulesFor<AdaptiveOptions>;

export const schemaRule = custom<Schema>(
  (value) => isObject(value) && typeof value.name === 'string' && isObject(value.columns),
  'a schema made by defineSchema()',
);

export const retryRules = {
  maxAttempts: integer(1, 1000).default(8),
  backoffMs: integer(0, hour).default(100),
  maxBackoffMs: integer(1, hour).default(5000),
  jitter: boolean().default(true),
  timeoutMs: integer(1, 24 * hour).default(30_000),
  classify: callback<(error: unknown) => Verdict | Meaning>(
    "a function of the error that returns 'retry', 'fatal', undefined, or { verdict, reason, split }",
  ).optional(),
} satisfies RulesFor<RetryOptions>;

export const circuitRules = {
  failures: integer(1, maxFailures).default(5),
  coolDownMs: integer(1, hour).default(5000),
} satisfies RulesFor<CircuitOptions>;

const dedupeBy: Rule<KeyOf> = union(
  expectedBy,
  text(),
  list(text(), expectedBy)
    .and((columns) => columns.length > 0, expectedBy)
    .and((columns) => new Set(columns).size === columns.length, expectedBy),
  callback<(row: RowOf<Schema>) => unknown>(expectedBy),
);
const dedupeKeep = oneOf('last', 'first', 'merge');

const dedupeOfSchemaRules = {
  by: dedupeBy.optional(),
  keep: dedupeKeep.optional(),
} satisfies RulesFor<OfSchema>;
/** Members that are left out are there, and undefined. */
const dedupeOfSchema = group(dedupeOfSchemaRules) as Rule<OfSchema>;

const dedupeRules = {
  by: dedupeBy.optional(),
  keep: dedupeKeep.default('last'),
  schemas: record(
    union('false, or { by, keep }', off, dedupeOfSchema),
    "an object of { by, keep }, or false, by the schemas' names",
  ).optional(),
} satisfies RulesFor<Dedupe<RowOf<Schema>>>;

const columnName = text();

export const shardingRules = {
  shards: integer(1, mostFlushers),
  by: union(
    "'hash', 'round-robin', 'least-loaded', or a function of the event",
    oneOf('hash', 'round-robin', 'least-loaded'),
    callback<Extract<AnySharding['by'], (...args: never[]) => unknown>>('a function of the event'),
  ).optional(),
  key: union(
    "a column's name, or an array of such names",
    columnName,
    list(columnName, 'an array of names').and((names) => names.length > 0, 'at least one column'),
  ).optional(),
} satisfies RulesFor<AnySharding>;

/**
 * The limits of `new Worker` (https://nodejs.org/api/worker_threads.html#workerresourcelimits). Beyond these bounds V8
 * ends the whole process, or the system gives no thread.
 */
const resourceLimitRules = {
  maxYoungGenerationSizeMb: number(1, 2 ** 20).optional(),
  maxOldGenerationSizeMb: number(1, 2 ** 20).optional(),
  codeRangeSizeMb: number(1, 512).optional(),
  stackSizeMb: number(1, 256).optional(),
} satisfies RulesFor<ResourceLimits>;

const execArgv = list(text(), 'an array of texts');

const env = record(
  custom<string | undefined>((value) => value === undefined || typeof value === 'string', 'a text'),
  'an object of texts by name, all of them its own',
);

const isSampler = (value: unknown) =>
  value === 'errors-and-slow' ||
  value === 'all' ||
  typeof value === 'function' ||
  (isObject(value) && typeof value.ratio === 'number' && value.ratio >= 0 && value.ratio <= 1);

/** An observer that is a function has these; so has a logger. */
export const usualObserver = { sample: 'errors-and-slow', slowMs: 1000 } as const;

export const observerRules = {
  sample: custom<Sampler>(
    isSampler,
    "'errors-and-slow', 'all', { ratio: 0 to 1 }, or a function of the event",
  ).default(usualObserver.sample),
  slowMs: number(0).default(usualObserver.slowMs),
  onEvent: callback<ObserverOptions['onEvent']>('a function of the event'),
} satisfies RulesFor<ObserverOptions>;

const redactPaths = list(
  custom<string>(
    (value) => typeof value === 'string' && stepsOf(value) !== undefined,
    "a name, or a path such as 'user.password' or 'users[*].token'",
  ),
  'an array of names and paths',
);

const redactRules = {
  paths: redactPaths.default(usualNames),
  censor: text().default(usualCensor),
} satisfies RulesFor<RedactOptions>;

/** Settings that each flusher's thread needs; `flusherSettings()` picks them by these names. */
export const flusherRules = {
  adaptive: group(adaptiveRules).optional(),
  /** Undefined: batches go to the creating thread's `onBatch`. */
  sink: sinkRule.optional(),
  dedupe: group(
    dedupeRules,
    "{ by: columns or function, keep: 'last', 'first' or 'merge', schemas }",
    dedupeNamesElsewhere,
  ).optional(),
  flushSizeOver: oneOf('schema', 'flow').default('schema'),
  maxConcurrentFlushes: custom<number>(
    integer(1, mostInFlight).takes,
    `an integer from 1 to ${mostInFlight}; each flusher has a limit`,
  ).default(1),
  maxDeliveries: integer(1, 1000).default(3),
  retry: union(`false, or { ${Object.keys(retryRules).join(', ')} }`, off, group(retryRules)).default({}),
  circuit: union(
    `false, or { failures: 1 to ${maxFailures}, coolDownMs: 1 to ${hour} }`,
    off,
    group(circuitRules),
  ).default({}),
  deadLetters: union('a sink, or false for none', off, sinkRule).optional(),
} satisfies Partial<RulesFor<Settings>>;

/** Settings that the creating thread needs, also to make the shared memory. */
const ownRules = {
  name: text()
    .and((name) => name.length <= 128, 'a text of at most 128 characters')
    .optional(),
  schema: schemaRule.optional(),
  schemas: list(schemaRule, 'an array of schemas')
    .and((schemas) => schemas.length > 0, 'at least one schema')
    .optional(),
  maxSchemas: integer(1, 4096).optional(),
  onBatch: callback<NonNullable<FlowConfig['onBatch']>>('a function of the batch').optional(),
  flushSize: flushSize.default(1000),
  flushIntervalMs: flushIntervalMs.default(100),
  bufferSize: integer(2, 100_000_000).optional(),
  bufferBytes: integer(1, 2 ** 31).optional(),
  highWatermark: integer(0, 100_000_000).optional(),
  blockTextBytes: integer(64, 2 ** 30).optional(),
  flushMode: oneOf('sync', 'async').default('async'),
  concurrencyLimit: concurrencyLimitRule.optional(),
  flushers: integer(1, mostFlushers).optional(),
  sharding: group(shardingRules, '{ shards, by, key }').optional(),
  onFull: oneOf('reject', 'block', 'drop-newest', 'drop-oldest').default('reject'),
  blockTimeoutMs: integer(1, hour).default(1000),
  publishEvery: integer(1, 65_536).default(128),
  maxProducers: integer(1, 1024).default(64),
  minBlocks: integer(1, 1025).default(1),
  maxPendingWrites: integer(1, 65_536).default(8192),
  maxLabels: integer(1, 1_000_000).default(16_384),
  errorBufferSize: integer(1, 65_536).default(256),
  identity: oneOf('assigned', 'given').default('assigned'),
  resourceLimits: group(resourceLimitRules).optional(),
  execArgv: execArgv.optional(),
  env: env.optional(),
  openTimeoutMs: integer(1, hour).default(30_000),
  clock: custom<FlowClock>(
    (value) => isObject(value) && value['~clock'] instanceof SharedArrayBuffer,
    'a clock made by testClock()',
  ).optional(),
  observer: union(
    'a function of the event, or { sample, slowMs, onEvent }',
    callback<(event: BatchEvent) => unknown>('a function of the event'),
    group(observerRules, undefined, observerNamesElsewhere),
  ).optional(),
  logger: withMethods<Logger>('info', 'warn', 'error').optional(),
  redact: union(
    'an array of names and paths, { paths, censor }, or false',
    off,
    redactPaths,
    group(redactRules),
  ).default({}),
  signal: abortSignal.optional(),
  drainOnAbort: boolean().default(true),
  drainGraceMs: integer(1, hour).default(5000),
  drainOnExit: boolean().default(true),
  source: sourceRule.optional(),
  onGivenUp: oneOf('keep', 'drop').optional(),
} satisfies Partial<RulesFor<Settings>>;

export const flowRules = { ...ownRules, ...flusherRules } satisfies RulesFor<Settings>;

/** Settings that `update()` changes while the flow runs. */
export const liveRules = {
  flushSize: flushSize.optional(),
  flushIntervalMs: flushIntervalMs.optional(),
} satisfies RulesFor<Parameters<Flow['update']>[0]>;
