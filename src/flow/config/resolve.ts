/**
 * A flow's configuration with nothing left open: each setting checked, then all together, then made fit for use.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check } from '../../options/check.js';
import { anySchema, asDefined, type Schema } from '../../schema/columns/schema.js';
import { type CheckedConfig, checkTogether, concurrencyOf } from './cross-rules.js';
import { type DedupeSpec, describeKey } from './dedupe.js';
import { type DeliveryOptions, deliveryOptions } from './delivery.js';
import { flowRules, liveRules } from './flow-rules.js';
import { bufferSizeIn, type RingSettings, usualBufferSize } from './ring-shape.js';

/** Settings whose value depends on other settings, or is made fit to be posted. */
interface ResolvedSettings extends DeliveryOptions {
  readonly name: string;
  readonly schemas: readonly Schema[];
  readonly bufferSize: number;
  readonly maxConcurrentFlushes: number;
  readonly dedupe: DedupeSpec | undefined;
}

/** A flow's configuration with nothing left open. */
export type FlowOptions = Omit<CheckedConfig, keyof ResolvedSettings | 'schema' | 'concurrencyLimit'> &
  ResolvedSettings;

/**
 * Check a flow's configuration.
 *
 * @throws ConfigError for the first mistake in it, SchemaError for a schema that cannot work.
 */
export function resolveConfig(config: unknown): FlowOptions {
  const given = check(flowRules, config, 'configuration');
  checkTogether(given);
  const { schema, concurrencyLimit, ...settings } = given;
  const schemas = (settings.schemas ?? [schema ?? anySchema(settings.name ?? 'events')]).map(asDefined);
  const bufferSize = settings.bufferSize ?? computedSize({ ...settings, schemas });
  assertReached(bufferSize, settings.highWatermark);
  return {
    ...settings,
    name: settings.name ?? (schemas.length === 1 ? (schemas[0] as Schema).name : 'flow'),
    schemas,
    bufferSize,
    maxConcurrentFlushes: concurrencyOf(given),
    dedupe: settings.dedupe && describeKey(settings.dedupe, schemas),
    ...deliveryOptions(settings),
  };
}

function computedSize(settings: Omit<RingSettings, 'bufferSize'>): number {
  const { bufferBytes } = settings;
  return bufferBytes === undefined ? usualBufferSize(settings) : bufferSizeIn(bufferBytes, settings);
}

/** @throws ConfigError for a watermark that the ring cannot reach. */
function assertReached(bufferSize: number, rows = 0): void {
  if (rows > bufferSize)
    throw new ConfigError('highWatermark', rows, `at most bufferSize (${bufferSize} rows)`);
}

/**
 * Check the settings of `update()`.
 *
 * @throws ConfigError for the first mistake in them.
 */
export function resolveUpdate(settings: unknown): Checked<typeof liveRules> {
  return check(liveRules, settings, 'configuration');
}
