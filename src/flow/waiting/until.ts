/**
 * Waiting for shared memory to change, without blocking the thread.
 */
import { WaitTimeoutError } from '../../errors.js';
import type { EventCount } from '../../ring/event-count.js';
import type { WaitOptions } from '../api/producer.js';
import { onAbort, throwIfAborted } from './on-abort.js';
import { sleepsUntil } from './sleeps.js';

/** setTimeout's largest delay: an interval that never fires in practice. */
const never = 2 ** 31 - 1;

/**
 * Resolve when `condition` holds. It is looked at after each signal of `events`; an error that it throws rejects.
 *
 * @throws WaitTimeoutError after `timeoutMs`, or the signal's reason when it aborts.
 */
export async function until(
  events: EventCount,
  condition: () => boolean,
  options: WaitOptions,
): Promise<void> {
  if (await comesTrue(events, condition, options)) return;
  throw new WaitTimeoutError(`not reached within ${options.timeoutMs} ms`);
}

/**
 * The same wait, with a timeout that is no error.
 *
 * @returns whether the condition held; false after `timeoutMs`.
 * @throws the signal's reason when it aborts.
 */
export async function comesTrue(
  events: EventCount,
  condition: () => boolean,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: WaitOptions,
): Promise<boolean> {
  const sleeps = sleepsUntil(events, condition, timeoutMs);
  // Nothing is made for a wait that is over at once.
  let step = sleeps.next();
  if (step.done) {
    if (!step.value) throwIfAborted(signal);
    return step.value;
  }
  // A pending waitAsync does not keep the event loop alive; a timer does.
  const alive = setInterval(() => {}, never);
  let stopListening = () => {};
  const aborted = new Promise<void>((resolve) => {
    stopListening = onAbort(signal, resolve);
  });
  try {
    // An abort comes before the next look at the condition.
    for (throwIfAborted(signal); !step.done; step = sleeps.next()) {
      const signalled = events.waitAsync(step.value.epoch, step.value.leftMs);
      if (signalled !== undefined) await Promise.race([signalled, aborted]);
      throwIfAborted(signal);
    }
    return step.value;
  } finally {
    // Retires the announcement of a sleep that the abort ended.
    sleeps.return(false);
    clearInterval(alive);
    stopListening();
  }
}
