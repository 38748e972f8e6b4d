/**
 * The deaths that a thread dies by its own hand.
 */
import type { Kill } from './plan.js';

/** Die, now or with the next turn of the event loop: whoever waits for a timer meanwhile goes on working. */
export function die(kill: Kill, afterMs: number): void {
  if (kill === 'exit') {
    if (afterMs === 0) process.exit(3);
    setTimeout(() => process.exit(3), afterMs);
  } else if (kill === 'exception') {
    setTimeout(() => {
      throw new Error('a soak: nobody catches this');
    }, afterMs);
  } else if (kill === 'rejection') {
    setTimeout(() => void Promise.reject(new Error('a soak: nobody awaits this')), afterMs);
  } else if (kill === 'memory') {
    const kept: unknown[] = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  }
}
