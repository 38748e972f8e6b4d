/**
 * The samples of a collector's last minutes, with the values of its series by their numbers.
 */
import type { CollectSample, CollectStart, EventRates, SeriesValue } from './collect-wire.js';
import { Rows } from './rows.js';

/** One moment of all charts. In a gap there is nothing. */
export interface CollectRow {
  /** Seconds since 1970. */
  readonly at: number;
  readonly events: Partial<EventRates>;
  readonly values: ReadonlyMap<number, SeriesValue>;
}

export class CollectRows extends Rows<CollectRow, CollectSample, CollectStart> {
  protected override rowOf({ events, series }: CollectSample, at: number): CollectRow {
    return { at, events, values: new Map(series.map((value) => [value[0], value])) };
  }

  protected override gap(at: number): CollectRow {
    return { at, events: [], values: new Map() };
  }
}
