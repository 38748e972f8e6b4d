/**
 * The options of waits: a time limit, and a signal that ends the wait earlier.
 */
import { check, type RulesFor } from '../../options/check.js';
import { abortSignal, custom, number } from '../../options/rules.js';
import type { CloseOptions } from '../api/flow.js';
import type { CommittedOptions, ProducerPosition, WaitOptions } from '../api/producer.js';
import { throwIfAborted } from './on-abort.js';

function isPosition(value: unknown): boolean {
  const { sequence, dropped, logged } = value as ProducerPosition;
  return [sequence, dropped, logged].every(Number.isInteger);
}

/** The rest of a deadline may be negative: then the wait is over unless its condition holds. */
const milliseconds = custom<number>(
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'a number of milliseconds',
);

const waitRules = {
  signal: abortSignal.optional(),
  timeoutMs: milliseconds.optional(),
} satisfies RulesFor<WaitOptions>;

const closeRules = {
  signal: abortSignal.optional(),
  timeoutMs: number(0).optional(),
} satisfies RulesFor<CloseOptions>;

const committedRules = {
  ...waitRules,
  since: custom<ProducerPosition>(isPosition, 'what position() returned').optional(),
} satisfies RulesFor<CommittedOptions>;

/** A wait with a signal that has aborted does not begin, even where there is nothing to wait for. */
function begun<T extends { signal?: AbortSignal }>(options: T): T {
  throwIfAborted(options.signal);
  return options;
}

/**
 * Check the options of a wait. An option that was left out is undefined in the result, which means the same.
 *
 * @throws ConfigError for the first mistake in them; the reason of a signal that has aborted.
 */
export function checkWait(options: WaitOptions = {}): WaitOptions {
  return begun(check(waitRules, options) as WaitOptions);
}

/**
 * Check the options of `close()`.
 *
 * @throws ConfigError for the first mistake in them; the reason of a signal that has aborted.
 */
export function checkClose(options: CloseOptions = {}): CloseOptions {
  return begun(check(closeRules, options) as CloseOptions);
}

/**
 * Check the options of `committed()`.
 *
 * @throws ConfigError for the first mistake in them; the reason of a signal that has aborted.
 */
export function checkCommitted(options: CommittedOptions = {}): CommittedOptions {
  return begun(check(committedRules, options) as CommittedOptions);
}
