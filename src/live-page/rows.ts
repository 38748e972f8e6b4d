/**
 * What charts draw: a row for each sample of the last minutes, of one run of the service or of several.
 */

/** A sample as the service numbers it. */
interface Numbered {
  readonly n: number;
  /** Milliseconds since 1970, by the service's clock. */
  readonly at: number;
}

interface Run {
  readonly run: string;
  readonly kept: number;
}

/** The service takes one sample a second. */
const everySeconds = 1;
/** What charts show when there is little to show. */
const leastSeconds = 60;

export abstract class Rows<R extends { readonly at: number }, S extends Numbered, B extends Run = Run> {
  #rows: R[] = [];
  /** The number of the next sample of this run. */
  #next = 0;
  protected start: B | undefined;

  /** The row of a sample. @param at seconds since 1970. */
  protected abstract rowOf(sample: S, at: number): R;

  /** A row without anything. */
  protected abstract gap(at: number): R;

  /** Samples of another run begin after a gap: nobody knows what was between. */
  begin(start: B): void {
    if (start.run !== this.start?.run) {
      this.#next = 0;
      const last = this.#rows.at(-1);
      if (last !== undefined) this.#rows.push(this.gap(last.at + 0.001));
    }
    this.start = start;
  }

  /** Add those that are not here yet; forget those that are too old. */
  add(samples: readonly S[]): void {
    for (const sample of samples) {
      if (sample.n < this.#next) continue;
      this.#next = sample.n + 1;
      // A chart's times go up only, whatever the clocks of two machines or of one do.
      const after = (this.#rows.at(-1)?.at ?? 0) + 0.001;
      this.#rows.push(this.rowOf(sample, Math.max(sample.at / 1000, after)));
    }
    const oldest = this.end - (this.start as B).kept * everySeconds;
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

  get last(): R | undefined {
    return this.#rows.at(-1);
  }

  at(index: number): R | undefined {
    return this.#rows[index];
  }

  /** The times, and a column for each. */
  columns(picks: readonly ((row: R) => number | null | undefined)[]): [number[], ...(number | null)[][]] {
    const rows = this.#rows;
    return [rows.map(({ at }) => at), ...picks.map((pick) => rows.map((row) => pick(row) ?? null))];
  }
}
