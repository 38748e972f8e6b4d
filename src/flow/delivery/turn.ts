/**
 * The right of a batch to work, where only so many batches may at a time: it is given back while the batch pauses.
 */
import { pause, type Timers } from '../waiting/timers.js';

export interface Turn {
  /** Give it back: nothing is written for a while. */
  pause(): void;
  /** Take it again, after a wait where others have it. Resolves, too, when the flow stops. */
  resume(): Promise<void>;
}

/** Resolves after so long, and when the turn has come again; or when the signal aborts. */
export async function pauseTurn(
  ms: number,
  signal: AbortSignal,
  timers: Timers,
  turn: Turn | undefined,
): Promise<void> {
  turn?.pause();
  await pause(ms, signal, timers);
  await turn?.resume();
}
