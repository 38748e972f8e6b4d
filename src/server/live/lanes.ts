/**
 * What each flusher did between two readings: its lane on the live page.
 */
import type { Lane } from '../../live-page/wire.js';
import type { FlowMetrics } from '../../metrics/read/flow-metrics.js';
import { type Moment, processed, round } from './figures.js';

type Flusher = FlowMetrics['flushers'][number];

/** @param before undefined at the first reading. */
export function lanesOf(before: Moment | undefined, now: Moment): Lane[] {
  // A limit on all flushers together may be less than one for each, and each may use it.
  const places = Math.max(1, now.concurrency / now.flushers.length);
  return now.flushers.map((flusher, i) => {
    const { committed, inFlightBatches, restarts } = flusher;
    const earlier = before?.flushers[i];
    if (before === undefined || earlier === undefined) return [null, null, inFlightBatches, restarts];
    const seconds = now.clock - before.clock;
    const rows = round((committed - earlier.committed) / seconds);
    return [rows, round(busyShare(earlier, flusher, seconds * places)), inFlightBatches, restarts];
  });
}

/**
 * The share of `seconds` in which it held batches. A batch's time is told when it ends; if none has ended, those held
 * at both readings are the same ones, and were held all the time.
 */
function busyShare(before: Flusher, now: Flusher, seconds: number): number {
  const [then, later] = [processed(before), processed(now)];
  if (later.count > then.count) return Math.min(1, (later.sum - then.sum) / seconds);
  return before.inFlightBatches > 0 && now.inFlightBatches > 0 ? 1 : 0;
}
