/**
 * SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends the process at once, with code 1.
 */

/**
 * `npm start` passes Ctrl-C on to a process that has got it from the terminal already: what comes within
 * this time is the same signal once more.
 */
const sameMs = 250;

/**
 * @param loss what the second signal costs.
 * @returns aborts at the first signal, with the signal's name as the reason.
 */
export function stopSignals(loss = 'what is not committed is lost'): AbortSignal {
  const stop = new AbortController();
  let firstAt = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!stop.signal.aborted) {
        firstAt = performance.now();
        stop.abort(name);
      } else if (performance.now() - firstAt > sameMs) {
        console.error(`${name} again: ending now, ${loss}`);
        process.exit(1);
      }
    });
  }
  return stop.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
