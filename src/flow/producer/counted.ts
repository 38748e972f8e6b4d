/**
 * Counts the events of a push of many, so that an error can say which of them it is about.
 */
import { EventError } from '../../errors.js';

/** @returns how many events `take` has counted as accepted. An `EventError` that it throws gets this as its `index`. */
export function counted(take: (count: { accepted: number }) => void): number {
  const count = { accepted: 0 };
  try {
    take(count);
  } catch (error) {
    if (error instanceof EventError) error.index = count.accepted;
    throw error;
  }
  return count.accepted;
}
