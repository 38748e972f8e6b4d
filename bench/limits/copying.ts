/**
 * How fast `TypedArray.set` copies between shared and private memory.
 */
import type { Figures } from '../harness/measuring.js';

/**
 * Measure the bandwidth of one direction.
 *
 * @param intoShared from private to shared memory; otherwise from shared to private.
 * @param bytes the size of each copy.
 * @param ms the duration of the measurement, and of the warm-up before it.
 */
export function copying(intoShared: boolean, bytes: number, ms: number): Figures {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes)).fill(1);
  const own = new Uint8Array(bytes).fill(2);
  const [from, to] = intoShared ? [own, shared] : [shared, own];
  const run = (ms: number) => {
    const began = performance.now();
    let copied = 0;
    for (const end = began + ms; performance.now() < end; copied += 8 * bytes) {
      for (let i = 0; i < 8; i++) to.set(from);
    }
    return copied / ((performance.now() - began) * 1e6);
  };
  run(ms);
  return { gbPerSecond: run(ms) };
}
