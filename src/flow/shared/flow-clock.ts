/**
 * The clock of a flow: the system's, or one that a test moves. It is chosen when the flow is made.
 */
import { ConfigError } from '../../errors.js';
import type { FlowClock } from '../api/settings.js';
import { now } from '../waiting/clock.js';
import { type ClockPlaces, MovedClock } from '../waiting/moved-clock.js';
import type { SharedFlow } from './shared-flow.js';

/** The clock by which rows wait: milliseconds. */
export function clockOf({ clock }: Pick<SharedFlow, 'clock'>): () => number {
  if (clock === undefined) return now;
  const moved = new MovedClock(clock.memory);
  return () => moved.time;
}

/**
 * Take a place of a test's clock for each flusher.
 *
 * @throws ConfigError when the clock has none left.
 */
export function takePlaces(clock: FlowClock | undefined, flushers: number): ClockPlaces | undefined {
  if (clock === undefined) return undefined;
  const places = new MovedClock(clock['~clock']).take(flushers);
  if (places === undefined) {
    throw new ConfigError('clock', clock, 'a fresh testClock(): this one has served too many flushers');
  }
  return places;
}

/** The flow has ended: its flushers follow the clock no more, those included that have died. */
export function leaveClock({ clock }: Pick<SharedFlow, 'clock'>): void {
  if (clock === undefined) return;
  const moved = new MovedClock(clock.memory);
  for (let n = 0; n < clock.count; n++) moved.leave(clock.first + n);
}
