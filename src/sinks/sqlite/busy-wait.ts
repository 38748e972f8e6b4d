/**
 * Waiting for a file that another connection has locked, without blocking the thread.
 *
 * SQLite can wait itself (its busy timeout), but inside a call: nothing could stop it, and no timer or message
 * would be heard meanwhile. So the driver's timeout is 0, and what finds the file locked is tried again here.
 */
import { setTimeout } from 'node:timers/promises';
import { resultCode } from '../../target-errors/sqlite.js';

const shortestMs = 1;
const longestMs = 25;

/**
 * Run an attempt until it does not fail for a lock. The first try is made at once, and unless it finds a lock
 * this is a plain call: what the attempt returns or throws, without a promise.
 *
 * @param attempt leaves nothing behind when it fails: a transaction.
 * @param until when to give up, on the clock of `performance.now()`; then the error is SQLite's.
 * @param signal ends the wait at once; then the error is its reason.
 */
export function whileBusy<T>(attempt: () => T, until: number, signal?: AbortSignal): T | Promise<T> {
  try {
    return attempt();
  } catch (error) {
    if (!mayWait(error, until)) throw error;
    return again(attempt, until, signal);
  }
}

async function again<T>(attempt: () => T, until: number, signal: AbortSignal | undefined): Promise<T> {
  for (let pauseMs = shortestMs; ; pauseMs = Math.min(pauseMs * 2, longestMs)) {
    // Not all at the same pace: connections that wait for one lock would wake, and collide, together.
    const varied = pauseMs * (0.5 + Math.random() / 2);
    await pause(Math.min(varied, until - performance.now()), signal);
    try {
      return attempt();
    } catch (error) {
      if (!mayWait(error, until)) throw error;
    }
  }
}

/** LOCKED is the same among connections that share one cache, or a virtual table. */
function mayWait(error: unknown, until: number): boolean {
  const code = resultCode(error);
  return (code === 'BUSY' || code === 'LOCKED') && performance.now() < until;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch {
    signal?.throwIfAborted();
  }
}
