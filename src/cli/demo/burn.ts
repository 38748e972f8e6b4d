/**
 * Keeps a share of this thread busy, as an application would that computes: in slices, with turns of the
 * event loop between them.
 */

/** Longer than any request takes, so that it hurts. */
const sliceMs = 20;

export interface Burn {
  /** @returns the share of the time that was burned. */
  stop(): number;
}

/** @param share of this thread's time, from 0 to below 1. */
export function burn(share: number): Burn {
  const start = performance.now();
  let burnedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  if (share > 0) slice();
  return {
    stop() {
      clearTimeout(timer);
      return burnedMs / (performance.now() - start);
    },
  };

  function slice(): void {
    const from = performance.now();
    while (performance.now() - from < sliceMs);
    const now = performance.now();
    burnedMs += now - from;
    // When this much time has passed, the burned time is the wanted share of it.
    const due = start + burnedMs / share;
    timer = setTimeout(slice, Math.max(1, due - now));
  }
}
