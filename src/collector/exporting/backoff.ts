/**
 * How long an exporter waits after a failure.
 */
import { propertyOf } from '../../target-errors/meaning.js';

const firstMs = 250;
const mostMs = 30_000;
/** A backend that asks for more than an hour is asked again all the same. */
const mostAskedMs = 3_600_000;

/** Whether another attempt may help before values have changed. */
export function mayPass(error: unknown): boolean {
  return propertyOf(error, 'verdict') !== 'fatal';
}

/**
 * The pause before the next attempt: twice as long after each failure, and in part random, so that many processes do
 * not come back at once.
 *
 * @param failures in a row.
 */
export function pauseAfter(error: unknown, failures: number): number {
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  const asked = propertyOf(error, 'retryAfterMs');
  const atLeast = typeof asked === 'number' && asked > 0 ? Math.min(asked, mostAskedMs) : 0;
  return Math.max(atLeast, most / 2 + (Math.random() * most) / 2);
}
