/**
 * Repeats a write: how often, with what pauses, and what its errors mean.
 */
import { ExponentialBackoff, fullJitterGenerator, handleWhen, noJitterGenerator, retry } from 'cockatiel';
import { messageOf, visible } from '../../describe.js';
import { WaitTimeoutError } from '../../errors.js';
import type { Sink, Verdict } from '../../sink.js';
import type { RetrySettings } from '../config/delivery.js';
import { functionOf } from '../config/function-source.js';

/**
 * What errors of this sink mean: the configuration is asked first, then the sink. One that throws itself does not know:
 * it must not cost a row. The first such error is a warning of the process.
 */
export function classifier(sink: Sink, settings: RetrySettings): (error: unknown) => Verdict {
  const own = settings.classify === undefined ? undefined : functionOf(settings.classify);
  let warned = false;
  const answerOf = (name: string, ask: ((error: unknown) => unknown) | undefined, error: unknown) => {
    try {
      return ask?.(error);
    } catch (thrown) {
      if (!warned)
        process.emitWarning(visible(`${name} has thrown: ${messageOf(thrown)}`), 'ClassifyWarning');
      warned = true;
      return undefined;
    }
  };
  return (error) => {
    const verdict =
      answerOf('retry.classify', own, error) ??
      answerOf("the sink's classify", (e) => sink.classify?.(e), error);
    if (verdict === 'retry' || verdict === 'fatal') return verdict;
    // A target that does not answer in time says nothing of the rows.
    return error instanceof WaitTimeoutError ? 'retry' : undefined;
  };
}

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
    backoff: new ExponentialBackoff({
      initialDelay: backoffMs,
      maxDelay: maxBackoffMs,
      generator: jitter ? fullJitterGenerator : noJitterGenerator,
    }),
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
