/**
 * Waiting for shared memory to change while the thread is blocked: for a synchronous `push`, and for a process's exit.
 */
import type { EventCount } from '../../ring/event-count.js';
import { sleepsUntil } from './sleeps.js';

/**
 * Block the thread until `condition` holds. An error that the condition throws ends the wait.
 *
 * @returns whether the condition held; false after `timeoutMs`.
 */
export function blockUntil(events: EventCount, condition: () => boolean, timeoutMs: number): boolean {
  const sleeps = sleepsUntil(events, condition, timeoutMs);
  let step = sleeps.next();
  while (!step.done) {
    events.wait(step.value.epoch, step.value.leftMs);
    step = sleeps.next();
  }
  return step.value;
}
