/**
 * Repeats a write: how often, and with what pauses.
 */
import { ExponentialBackoff, fullJitterGenerator, noJitterGenerator } from 'cockatiel';
import { propertyOf } from '../../target-errors/meaning.js';
import type { RetrySettings } from '../config/delivery.js';
import type { Timers } from '../waiting/timers.js';
import { pauseTurn, type Turn } from './turn.js';

/**
 * Repeat `attempt` while it throws what may pass later.
 *
 * @param passes whether another attempt may help after this error.
 * @param stop ends the pause between two attempts, and allows no further one.
 * @param turn what is given back in pauses; undefined: nothing.
 * @throws the last attempt's error.
 */
export async function withRetry(
  settings: RetrySettings,
  attempt: () => Promise<void>,
  passes: (error: unknown) => boolean,
  stop: AbortSignal,
  timers: Timers,
  turn?: Turn,
): Promise<void> {
  try {
    // Nearly always there is no second one, and nothing of what follows is needed.
    await attempt();
  } catch (error) {
    if (settings.maxAttempts === 1 || stop.aborted || !passes(error)) throw error;
    await repeat(settings, error, attempt, passes, stop, timers, turn);
  }
}

/** The longest that a batch is tried: all attempts take their time, and all pauses are the longest. */
export function retryBudgetMs({ maxAttempts, timeoutMs, maxBackoffMs }: RetrySettings): number {
  return maxAttempts * timeoutMs + (maxAttempts - 1) * maxBackoffMs;
}

/** All attempts after the first, which ended in `error`, each after a pause. */
async function repeat(
  { maxAttempts, backoffMs, maxBackoffMs, jitter }: RetrySettings,
  error: unknown,
  attempt: () => Promise<void>,
  passes: (error: unknown) => boolean,
  stop: AbortSignal,
  timers: Timers,
  turn?: Turn,
): Promise<void> {
  const generator = jitter ? fullJitterGenerator : noJitterGenerator;
  const pauses = new ExponentialBackoff({ initialDelay: backoffMs, maxDelay: maxBackoffMs, generator });
  let latest = error;
  let backoff = pauses.next();
  for (let made = 1; ; made++) {
    await pauseTurn(Math.max(backoff.duration, askedPauseMs(latest)), stop, timers, turn);
    if (stop.aborted) throw latest;
    try {
      await attempt();
      return;
    } catch (thrown) {
      latest = thrown;
    }
    if (made + 1 >= maxAttempts || stop.aborted || !passes(latest)) throw latest;
    backoff = backoff.next(undefined);
  }
}

/** A target that asks for more than an hour is asked again all the same. */
const longestPauseMs = 3_600_000;

function askedPauseMs(error: unknown): number {
  const asked = propertyOf(error, 'retryAfterMs');
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, longestPauseMs) : 0;
}
