/**
 * Runs a push of many events and counts those that were accepted. An `EventError` gets the index of the failing event.
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
