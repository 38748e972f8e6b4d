/**
 * One clock for all threads: monotonic milliseconds.
 *
 * Each thread's `performance.now()` starts at a moment of its own (they differ by about a millisecond
 * even where `timeOrigin` is the same); `process.hrtime()` is the same clock everywhere but slower to read.
 *
 * (The imported `performance` is the global one, which is behind a getter that takes time of its own.)
 */
import { performance } from 'node:perf_hooks';

const offset = measureOffset();

/** The narrowest of a few brackets: what comes between the readings, a context switch even, would be an error. */
function measureOffset(): number {
  let narrowest = Number.POSITIVE_INFINITY;
  let offset = 0;
  for (let n = 0; n < 10; n++) {
    const before = hrtimeMs();
    const middle = performance.now();
    const after = hrtimeMs();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    offset = (before + after) / 2 - middle;
  }
  return offset;
}

function hrtimeMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Milliseconds, with fractions. */
export function now(): number {
  return performance.now() + offset;
}

/** A reading as the ring keeps it: whole milliseconds, wrapping to Int32. */
export function wrapped(ms: number): number {
  return Math.floor(ms) | 0;
}

/** Another thread's reading may be ahead of this thread's by less than this. */
const aheadMs = 60_000;
const wrapMs = 2 ** 32;

/**
 * The time since a wrapped reading, in ms: right for 49 days, and negative only for a reading of a thread whose clock
 * is a little ahead.
 *
 * @param ms a reading of now.
 */
export function elapsedSince(reading: number, ms: number): number {
  const whole = (wrapped(ms) - reading) >>> 0;
  return (whole < wrapMs - aheadMs ? whole : whole - wrapMs) + (ms - Math.floor(ms));
}
