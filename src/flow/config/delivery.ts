/**
 * The part of a flow's configuration that says what happens when rows are not delivered.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { z } from 'zod';
import { messageOf } from '../../describe.js';
import { ConfigError } from '../../errors.js';
import type { SinkRef, Verdict } from '../../sink.js';
import { sourceOf } from './function-source.js';
import { boolean, custom, group, hour, integer, isObject } from './rules.js';

/** The `retry` of a configuration with nothing left open. Plain data, for the flusher's thread. */
export interface RetrySettings {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly jitter: boolean;
  readonly timeoutMs: number;
  /** The source of a function. */
  readonly classify: string | undefined;
}

export const defaultRetry: RetrySettings = {
  maxAttempts: 8,
  backoffMs: 100,
  maxBackoffMs: 5000,
  jitter: true,
  timeoutMs: 30_000,
  classify: undefined,
};

/** The `circuit` of a configuration with nothing left open. */
export interface CircuitSettings {
  readonly failures: number;
  readonly coolDownMs: number;
}

export const defaultCircuit: CircuitSettings = { failures: 5, coolDownMs: 5000 };

/** The same with nothing left open. */
export interface DeliveryOptions {
  readonly retry: RetrySettings;
  /** Undefined: no circuit. */
  readonly circuit: CircuitSettings | undefined;
  /** Undefined: rows that are given up are dropped. */
  readonly deadLetters: SinkRef | undefined;
  readonly maxDeliveries: number;
  readonly resourceLimits: ResourceLimits | undefined;
}

export const sinkRef = custom<SinkRef>(
  (value) => isObject(value) && typeof value.module === 'string',
  "a sink such as sqlite({…}) or handler(new URL('./mine.js', import.meta.url))",
);

const retry = group(
  {
    maxAttempts: integer(1, 1000).default(defaultRetry.maxAttempts),
    backoffMs: integer(0, hour).default(defaultRetry.backoffMs),
    maxBackoffMs: integer(1, hour).default(defaultRetry.maxBackoffMs),
    jitter: boolean().default(defaultRetry.jitter),
    timeoutMs: integer(1, 24 * hour).default(defaultRetry.timeoutMs),
    classify: custom<(error: never) => Verdict>(
      (value) => typeof value === 'function',
      "a function of the error that returns 'retry', 'fatal' or undefined",
    ).optional(),
  },
  '{ maxAttempts, backoffMs, maxBackoffMs, jitter, timeoutMs, classify }',
);

const maxFailures = 1_000_000;
const circuitRule = `false, or { failures: 1 to ${maxFailures}, coolDownMs: 1 to ${hour} }`;
const circuit = z.strictObject({
  failures: integer(1, maxFailures).default(defaultCircuit.failures),
  coolDownMs: integer(1, hour).default(defaultCircuit.coolDownMs),
});

/** https://nodejs.org/api/worker_threads.html#workerresourcelimits */
const limits = [
  'maxYoungGenerationSizeMb',
  'maxOldGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
] satisfies (keyof ResourceLimits)[];
const isResourceLimits = (value: unknown) =>
  isObject(value) &&
  Object.entries(value).every(
    ([key, mb]) => (limits as string[]).includes(key) && typeof mb === 'number' && mb > 0,
  );

/** Members of the configuration's shape. */
export const deliveryShape = {
  retry: retry.prefault({}),
  circuit: z.union([z.literal(false), circuit], { error: circuitRule }).prefault({}),
  deadLetters: z.union([z.literal(false), sinkRef], { error: 'a sink, or false for none' }).optional(),
  maxDeliveries: integer(1, 1000).default(3),
  resourceLimits: custom<ResourceLimits>(
    isResourceLimits,
    `numbers of MB by ${limits.join(', ')}`,
  ).optional(),
};

type Given = z.infer<z.ZodObject<typeof deliveryShape>> & { sink?: SinkRef | undefined };

/** @throws ConfigError for what cannot be posted to a flusher's thread. */
export function deliveryOptions({ retry, circuit, sink, ...given }: Given): DeliveryOptions {
  const deadLetters = given.deadLetters === false ? undefined : (given.deadLetters ?? sink?.deadLetters);
  checkPostable('sink.options', sink?.options);
  checkPostable('deadLetters.options', deadLetters?.options);
  return {
    retry: { ...retry, classify: retry.classify && sourceOf('retry.classify', retry.classify) },
    circuit: circuit === false ? undefined : circuit,
    deadLetters,
    maxDeliveries: given.maxDeliveries,
    resourceLimits: given.resourceLimits,
  };
}

function checkPostable(key: string, options: unknown): void {
  try {
    structuredClone(options);
  } catch (error) {
    throw new ConfigError(key, options, `what can be posted to a thread (${messageOf(error)})`);
  }
}
