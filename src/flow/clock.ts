/**
 * One clock for all threads: monotonic milliseconds.
 *
 * Each thread's `performance.now()` starts at a moment of its own (they differ by about a millisecond
 * even where `timeOrigin` is the same); `process.hrtime()` is the same clock everywhere but slower to read.
 */
const [seconds, nanoseconds] = process.hrtime();
const offset = seconds * 1e3 + nanoseconds / 1e6 - performance.now();

/** Milliseconds, with fractions. */
export function now(): number {
  return performance.now() + offset;
}

/** A reading as the ring keeps it: whole milliseconds, wrapping to Int32. */
export function wrapped(ms: number): number {
  return Math.floor(ms) | 0;
}
