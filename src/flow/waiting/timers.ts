/**
 * Timers as a flow's parts set them: those of the event loop, or those of a clock that a test moves.
 */
import { onAbort } from './on-abort.js';

export interface Timers {
  /** Call a function later. @returns what `clear` takes. */
  set(call: () => void, ms: number): unknown;
  /** Forget a timer. Does nothing for one that has fired, or for undefined. */
  clear(timer: unknown): void;
}

export const systemTimers: Timers = {
  set: (call, ms) => setTimeout(call, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Resolves after so long, or when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal, timers: Timers): Promise<void> {
  if (signal.aborted) return;
  let timer: unknown;
  let stopListening = () => {};
  await new Promise<void>((resolve) => {
    timer = timers.set(resolve, ms);
    stopListening = onAbort(signal, resolve);
  });
  timers.clear(timer);
  stopListening();
}
