/**
 * The samples of the last minutes, of one run of the service or of several.
 */
import type { FigureName, Lane, Sample, Start } from './wire.js';

/** One moment of all charts. In a gap there is nothing. */
export interface Row {
  /** Seconds since 1970. */
  readonly at: number;
  readonly figures: Partial<Record<FigureName, number | null>>;
  readonly lanes: readonly Lane[];
}

/** What a chart draws of a row. */
export type Pick = (row: Row) => number | null | undefined;

/** The service takes one sample a second. */
const everySeconds = 1;
/** What charts show when there is little to show. */
const leastSeconds = 60;

export class Series {
  #rows: Row[] = [];
  #start: Start | undefined;
  /** The number of the next sample of this run. */
  #next = 0;

  /** Samples of another run begin after a gap: nobody knows what was between. */
  begin(start: Start): void {
    if (start.run !== this.#start?.run) {
      this.#next = 0;
      const last = this.#rows.at(-1);
      if (last !== undefined) this.#rows.push({ at: last.at + 0.001, figures: {}, lanes: [] });
    }
    this.#start = start;
  }

  /** Add those that are not here yet; forget those that are too old. */
  add(samples: readonly Sample[]): void {
    const { names, kept } = this.#start as Start;
    for (const { n, at, figures, lanes } of samples) {
      if (n < this.#next) continue;
      this.#next = n + 1;
      const named = Object.fromEntries(names.map((name, i) => [name, figures[i] ?? null]));
      // A chart's times go up only, whatever the clocks of two machines or of one do.
      const after = (this.#rows.at(-1)?.at ?? 0) + 0.001;
      this.#rows.push({ at: Math.max(at / 1000, after), figures: named, lanes });
    }
    const oldest = this.end - kept * everySeconds;
    this.#rows = this.#rows.filter((row) => row.at >= oldest);
  }

  /** The time of the latest sample, in seconds; now, while there is none. */
  get end(): number {
    return this.#rows.at(-1)?.at ?? Date.now() / 1000;
  }

  /** How many seconds the charts show: all that is here. */
  get seconds(): number {
    return Math.max(this.end - (this.#rows[0]?.at ?? this.end), leastSeconds);
  }

  get count(): number {
    return this.#rows.length;
  }

  get last(): Row | undefined {
    return this.#rows.at(-1);
  }

  at(index: number): Row | undefined {
    return this.#rows[index];
  }

  /** The times, and a column for each. */
  columns(picks: readonly Pick[]): [number[], ...(number | null)[][]] {
    const rows = this.#rows;
    return [rows.map(({ at }) => at), ...picks.map((pick) => rows.map((row) => pick(row) ?? null))];
  }
}
