/**
 * A `t.label()` column of a batch, in Arrow's dictionary layout.
 */

/** A `t.label()` column: a dictionary of this batch's own and an id for each row. A text may have several ids. */
export class LabelColumn<Null = never> {
  constructor(
    /** One id a row, an index into `dictionary`; -1 where there is no value. */
    readonly ids: Int32Array,
    readonly dictionary: string[],
  ) {}

  get(i: number): string | Null {
    const id = this.ids[i] as number;
    return (id < 0 ? null : this.dictionary[id]) as string | Null;
  }
}
