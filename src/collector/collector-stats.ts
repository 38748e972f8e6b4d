/**
 * What a collector says of itself: where its events are, and when it last counted a batch.
 */

/** At every moment: total = processed + dropped + failed + pending. */
export class CollectorStats {
  constructor(
    /** Events that were recorded. */
    readonly total: number,
    /** Events that were counted. */
    readonly processed: number,
    /** Events that found the buffer full, or the collector ended. */
    readonly dropped: number,
    /** Events with values that no metric can have. */
    readonly failed: number,
    /** Events that wait to be counted. */
    readonly pending: number,
    readonly batches: number,
    /** Before the first batch: when the collector began. */
    readonly lastFlushAt: Date,
    readonly sinceLastFlushMs: number,
  ) {}

  /** The line of Berry's collector. */
  toString(): string {
    const { total, processed, dropped, batches } = this;
    const counts = `${total} total, ${processed} processed, ${dropped} dropped, ${batches} batches`;
    return `Batch Metrics Stats: ${counts}, last flush: ${durationText(this.sinceLastFlushMs)} ago`;
  }

  /** As Berry's `/monitoring` shows it, with what that one does not count. */
  toJSON() {
    return {
      total_events: this.total,
      processed_events: this.processed,
      dropped_events: this.dropped,
      failed_events: this.failed,
      pending_events: this.pending,
      batch_count: this.batches,
      time_since_last_flush_ms: Math.round(this.sinceLastFlushMs),
    };
  }
}

/** A duration as Rust writes it: `1.5s`, `20ms`, `350µs`. */
function durationText(ms: number): string {
  const shown = (value: number, unit: string) => `${Number(value.toFixed(3))}${unit}`;
  if (ms >= 1000) return shown(ms / 1000, 's');
  return ms >= 1 ? shown(ms, 'ms') : shown(ms * 1000, 'µs');
}
