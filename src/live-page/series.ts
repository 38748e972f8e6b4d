/**
 * The samples of a flow's last minutes, with their figures by name.
 */
import { Rows } from './rows.js';
import type { FigureName, Lane, Sample, Start } from './wire.js';

/** One moment of all charts. In a gap there is nothing. */
export interface Row {
  /** Seconds since 1970. */
  readonly at: number;
  readonly figures: Partial<Record<FigureName, number | null>>;
  readonly lanes: readonly Lane[];
}

/** What a chart draws of a row. */
export type Pick<R = Row> = (row: R) => number | null | undefined;

export class Series extends Rows<Row, Sample, Start> {
  protected override rowOf({ figures, lanes }: Sample, at: number): Row {
    const { names } = this.start as Start;
    return { at, figures: Object.fromEntries(names.map((name, i) => [name, figures[i] ?? null])), lanes };
  }

  protected override gap(at: number): Row {
    return { at, figures: {}, lanes: [] };
  }
}
