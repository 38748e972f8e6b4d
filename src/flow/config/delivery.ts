/**
 * The settings for rows that are not delivered, as plain data that can be posted to a flusher's thread.
 */

import { sourceOf } from '../../function-source.js';
import { type Checked, check } from '../../options/check.js';
import type { SinkRef } from '../../sink.js';
import type { CheckedConfig } from './cross-rules.js';
import { type circuitRules, retryRules } from './flow-rules.js';

type CheckedRetry = Checked<typeof retryRules>;

/** The checked `retry` of a configuration, as plain data. */
export interface RetrySettings extends Omit<CheckedRetry, 'classify'> {
  /** The function's source text. */
  readonly classify: string | undefined;
}

/** The checked `circuit` of a configuration. */
export type CircuitSettings = Checked<typeof circuitRules>;

export interface DeliveryOptions {
  readonly retry: RetrySettings;
  /** Undefined: no circuit. */
  readonly circuit: CircuitSettings | undefined;
  /** Undefined: rows that are given up are dropped. */
  readonly deadLetters: SinkRef | undefined;
}

export const defaultRetry: RetrySettings = retrySettings(check(retryRules, {}));
const noRetry: RetrySettings = retrySettings(check(retryRules, { maxAttempts: 1 }));

/** @throws ConfigError for a function that cannot run in a flusher's thread. */
export function deliveryOptions({
  retry,
  circuit,
  sink,
  deadLetters: wanted,
}: CheckedGroups): DeliveryOptions {
  const deadLetters = wanted === false ? undefined : (wanted ?? sink?.deadLetters);
  return {
    retry: retry === false ? noRetry : retrySettings(retry),
    circuit: circuit === false ? undefined : circuit,
    deadLetters,
  };
}

type CheckedGroups = Pick<CheckedConfig, 'retry' | 'circuit' | 'sink' | 'deadLetters'>;

function retrySettings({ classify, ...settings }: CheckedRetry): RetrySettings {
  return { ...settings, classify: classify && sourceOf('retry.classify', classify, new Error('a sample')) };
}
