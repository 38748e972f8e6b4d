/**
 * A flow's configuration with nothing left open: each setting checked, then all together, then made fit for use.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check } from '../../options/check.js';
import { anySchema, asDefined, type Schema } from '../../schema/columns/schema.js';
import type { ConcurrencyLimit, FlowSettings, OnGivenUp } from '../api/settings.js';
import { limitOf } from './concurrency-limit.js';
import { type CheckedConfig, checkTogether, largestBatch, onGivenUpOf, shardsOf } from './cross-rules.js';
import { type DedupeSpec, describeDedupe } from './dedupe.js';
import { type DeliveryOptions, deliveryOptions } from './delivery.js';
import { flowRules, liveRules } from './flow-rules.js';
import { namesElsewhere } from './names-elsewhere.js';
import { type ObservingOptions, observingOptions } from './observing.js';
import { bufferSizeIn, ofOneRing, type RingSettings, usualBufferSize } from './ring-shape.js';
import { describeSharding, type ShardingSpec } from './sharding.js';

/** Settings whose value depends on other settings, or is made fit to be posted. */
interface ResolvedSettings extends DeliveryOptions, ObservingOptions {
  readonly name: string;
  readonly schemas: readonly Schema[];
  readonly bufferSize: number;
  readonly maxSchemas: number;
  /** The same memory for all flows that share it. */
  readonly concurrencyLimit: ConcurrencyLimit | undefined;
  readonly flushers: number;
  /** Undefined: one ring, of which all flushers take. */
  readonly sharding: ShardingSpec | undefined;
  readonly dedupe: DedupeSpec | undefined;
  readonly onGivenUp: OnGivenUp;
}

/** A flow's configuration with nothing left open. */
export type FlowOptions = Omit<CheckedConfig, keyof ResolvedSettings | 'schema'> & ResolvedSettings;

/**
 * Check a flow's configuration.
 *
 * @throws ConfigError for the first mistake in it, SchemaError for a schema that cannot work.
 */
export function resolveConfig(config: unknown): FlowOptions {
  const given = withinRanges(
    check(flowRules, config, 'configuration', namesElsewhere),
    config as FlowSettings,
  );
  checkTogether(given);
  const { schema, ...settings } = given;
  const schemas = (settings.schemas ?? [schema ?? anySchema(settings.name ?? 'events')]).map(asDefined);
  const shards = shardsOf(settings);
  const bufferSize =
    settings.bufferSize ??
    shards * computedSize(ofOneRing({ ...settings, schemas }, shards), largestBatch(given));
  assertReached(bufferSize, settings.highWatermark);
  return {
    ...settings,
    name: settings.name ?? (schemas.length === 1 ? (schemas[0] as Schema).name : 'flow'),
    schemas,
    bufferSize,
    // 0 is none, too.
    highWatermark: settings.highWatermark || undefined,
    maxSchemas: mostSchemas(schemas, settings.maxSchemas),
    concurrencyLimit: limitOf(settings.concurrencyLimit),
    flushers: settings.sharding?.shards ?? settings.flushers ?? 1,
    sharding: settings.sharding && describeSharding(settings.sharding, schemas),
    onGivenUp: onGivenUpOf(given),
    dedupe: settings.dedupe && describeDedupe(settings.dedupe, schemas),
    ...deliveryOptions(settings),
    ...observingOptions(settings),
  };
}

/** @throws ConfigError for bytes that do not hold two of the largest batches. */
function computedSize(settings: Omit<RingSettings, 'bufferSize'>, largest: number): number {
  const { bufferBytes } = settings;
  if (bufferBytes === undefined) return usualBufferSize({ ...settings, flushSize: largest });
  const rows = bufferSizeIn(bufferBytes, settings);
  if (rows >= 2 * largest) return rows;
  throw new ConfigError('bufferBytes', bufferBytes, `room for two batches of ${largest} rows`);
}

const usualSchemas = 64;

/** @throws ConfigError for fewer than there are. */
function mostSchemas({ length }: readonly Schema[], most = Math.max(usualSchemas, length)): number {
  if (most < length)
    throw new ConfigError('maxSchemas', most, `at least the ${length} schemas that are given`);
  return most;
}

/** @throws ConfigError for a watermark that the ring cannot reach. */
function assertReached(bufferSize: number, rows = 0): void {
  if (rows > bufferSize)
    throw new ConfigError('highWatermark', rows, `at most bufferSize (${bufferSize} rows)`);
}

/** With `adaptive`, settings that were left out begin within their ranges. */
function withinRanges(checked: CheckedConfig, asked: FlowSettings): CheckedConfig {
  const { adaptive } = checked;
  if (adaptive === undefined) return checked;
  const begin = (name: 'flushSize' | 'flushIntervalMs') => {
    const [min, max] = adaptive[name];
    return asked[name] === undefined ? Math.min(max, Math.max(min, checked[name])) : checked[name];
  };
  return { ...checked, flushSize: begin('flushSize'), flushIntervalMs: begin('flushIntervalMs') };
}

/**
 * Check the settings of `update()`.
 *
 * @throws ConfigError for the first mistake in them.
 */
export function resolveUpdate(settings: unknown): Checked<typeof liveRules> {
  return check(liveRules, settings, 'configuration');
}
