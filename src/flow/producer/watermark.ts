/**
 * The high watermark of a flow, for one producer: `onFull` acts when so many rows wait in the ring, full or not.
 *
 * A row waits from its publish until it is settled. To count waiting rows is to look at every block. So a producer does
 * that only when rows enough for the watermark may have been published since its last look, by the ring's total. Rows
 * that are settled meanwhile make that estimate too high, and so the look too early, never too late.
 *
 * A producer takes no more rows at a time than there are places. Where it is alone, the watermark is never passed.
 * Others take places at the same moment, so each further producer may pass it by one group.
 */
import type { Progress } from '../../ring/progress.js';

/** A waiting producer is woken when so much of the watermark is left, as each wake-up costs many rows. */
const lowPart = 0.75;

export class Watermark {
  /** Places at the last look. */
  #places = 0;
  /** The total of published rows before that look. */
  #total = 0;

  constructor(
    private readonly rows: number,
    private readonly progress: Progress,
  ) {}

  /** How many rows may be pushed now, at most `wanted`; 0 at the watermark. */
  places(wanted: number): number {
    const published = (this.progress.total - this.#total) | 0;
    // Below 0: the number of published rows has wrapped.
    if (published >= 0 && this.#places - published >= wanted) return wanted;
    // ORDER: TOTAL before the look at the blocks: rows that this look misses are counted with the next one.
    this.#total = this.progress.total;
    this.#places = this.rows - this.progress.waiting;
    return Math.max(0, Math.min(this.#places, wanted));
  }

  get isReached(): boolean {
    return this.places(1) === 0;
  }

  /** Whether places are enough to wake a producer for. */
  get isLow(): boolean {
    return this.progress.waiting <= this.rows * lowPart;
  }
}
