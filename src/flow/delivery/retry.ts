/**
 * Repeats a write: how often, and with what pauses.
 */
import {
  ExponentialBackoff,
  fullJitterGenerator,
  handleWhen,
  type IBackoff,
  type IBackoffFactory,
  type IRetryBackoffContext,
  noJitterGenerator,
  retry,
} from 'cockatiel';
import { propertyOf } from '../../target-errors/meaning.js';
import type { RetrySettings } from '../config/delivery.js';

/**
 * Repeat `attempt` while it throws what may pass later.
 *
 * @param passes whether another attempt may help after this error.
 * @param stop ends the pause between two attempts, and allows no further one.
 * @throws the last attempt's error.
 */
export async function withRetry(
  settings: RetrySettings,
  attempt: () => Promise<void>,
  passes: (error: unknown) => boolean,
  stop: AbortSignal,
): Promise<void> {
  try {
    // Nearly always there is no second one, and nothing of what follows is needed.
    await attempt();
  } catch (error) {
    if (settings.maxAttempts === 1 || stop.aborted || !passes(error)) throw error;
    await repeat(settings, error, attempt, passes, stop);
  }
}

/** All attempts after the first, which ended in `error`, each after a pause. */
async function repeat(
  { maxAttempts, backoffMs, maxBackoffMs, jitter }: RetrySettings,
  error: unknown,
  attempt: () => Promise<void>,
  passes: (error: unknown) => boolean,
  stop: AbortSignal,
): Promise<void> {
  const policy = retry(handleWhen(passes), {
    maxAttempts: maxAttempts - 1,
    backoff: atLeastAsAsked(
      new ExponentialBackoff({
        initialDelay: backoffMs,
        maxDelay: maxBackoffMs,
        generator: jitter ? fullJitterGenerator : noJitterGenerator,
      }),
    ),
  });
  let latest = error;
  let behind = 0;
  let pausing = false;
  let onStop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    // Cockatiel sleeps to the end of a pause whatever its signal says.
    onStop = () => pausing && reject(latest);
    stop.addEventListener('abort', onStop, { once: true });
  });
  const attempts = policy.execute(async () => {
    if (stop.aborted) throw latest;
    pausing = false;
    try {
      // The policy makes its pauses between attempts; the first it has made already.
      if (behind++ === 0) throw error;
      await attempt();
    } catch (thrown) {
      latest = thrown;
      pausing = true;
      throw thrown;
    }
  }, stop);
  try {
    await Promise.race([attempts, stopped]);
  } finally {
    stop.removeEventListener('abort', onStop);
    // After a stop nobody waits for the pause.
    attempts.catch(() => {});
  }
}

/** A target that asks for more than an hour is asked again all the same. */
const longestPauseMs = 3_600_000;

type Context = IRetryBackoffContext<unknown>;

/** Pauses that are no shorter than the `retryAfterMs` of the error before them. */
function atLeastAsAsked(pauses: IBackoffFactory<Context>): IBackoffFactory<Context> {
  const wrap = (pause: IBackoff<Context>, { result }: Context): IBackoff<Context> => ({
    duration: Math.max(pause.duration, 'error' in result ? askedPauseMs(result.error) : 0),
    next: (context) => wrap(pause.next(context), context),
  });
  return { next: (context) => wrap(pauses.next(context), context) };
}

function askedPauseMs(error: unknown): number {
  const asked = propertyOf(error, 'retryAfterMs');
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, longestPauseMs) : 0;
}
