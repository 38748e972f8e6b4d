/**
 * Finds the series of a batch's rows by the values of their labels.
 *
 * A set of values that was met before is found by a few whole numbers; one that was not is looked up, or added, in the
 * directory of all flushers.
 */
import type { Column } from '../../schema/columns/columns.js';
import type { Batch } from '../../schema/read/batch.js';
import { cut, labelsOf, metricName } from '../events/label-text.js';
import type { RejectReason } from '../events/own-groups.js';
import type { EventDefinition, GroupDefinition, MetricDefinition } from '../series/event-definition.js';
import { type Codes, type ColumnData, codesOf } from './codes.js';
import type { KnownSeries } from './known-series.js';
import { SeriesTable } from './series-table.js';

export interface FoundSeries {
  /** Where its cells begin. */
  readonly cell: number;
  /** Whether it is the series of all others. */
  readonly isOther: boolean;
  readonly metrics: readonly MetricDefinition[];
}

interface FinderTools {
  readonly known: KnownSeries;
  template(path: string): string;
}

type Meet = (values: readonly string[]) => FoundSeries | RejectReason;

/** More values of labels are forgotten together. */
const maxCodes = 65_536;
const maxNameLength = 200;

export class SeriesFinder {
  /** What was found, by number. */
  found: (FoundSeries | RejectReason)[] = [];
  readonly #codes: readonly Codes[];
  readonly #table: SeriesTable;
  /** The codes of the batch's rows, by column. */
  #rows: readonly Int32Array[] = [];

  private constructor(
    { schema, path }: EventDefinition,
    private readonly columns: readonly string[],
    /** How many metrics each series has. */
    readonly metrics: number,
    private readonly meet: Meet,
    { template }: FinderTools,
  ) {
    this.#codes = columns.map((column) => {
      return codesOf(schema.columns[column] as Column, column === path ? template : undefined);
    });
    this.#table = new SeriesTable(columns.length);
  }

  /**
   * The finder of a group of fixed metrics.
   *
   * @param place of the group in the definition.
   * @param group its number in the directory.
   */
  static ofGroup(
    definition: EventDefinition,
    place: number,
    group: number,
    tools: FinderTools,
  ): SeriesFinder {
    const { labels, metrics } = definition.groups[place] as GroupDefinition;
    const columns = labels.map(({ column }) => column);
    const meet: Meet = (values) => ({ metrics, ...tools.known.ofGroup(group, values.map(cut)) });
    return new SeriesFinder(definition, columns, metrics.length, meet, tools);
  }

  /** The finder of events that bring a name and labels along. */
  static named(
    definition: EventDefinition,
    type: MetricDefinition['type'],
    tools: FinderTools,
  ): SeriesFinder {
    const meet: Meet = ([given = '', labels = '']) => {
      const name = metricName(given);
      if (name === '' || name.length > maxNameLength) return 'no_name';
      const found = tools.known.named(type, name, labelsOf(labels));
      return typeof found === 'string' ? found : { ...found, metrics: [found.metric] };
    };
    return new SeriesFinder(definition, ['name', 'labels'], 1, meet, tools);
  }

  /** Read the labels of a batch. */
  read(batch: Batch): void {
    const rows = batch.length;
    if (this.#codes.some(({ size }) => size > maxCodes) || this.found.length > maxCodes) this.#forget();
    if ((this.#rows[0]?.length ?? 0) < rows) this.#rows = this.columns.map(() => new Int32Array(rows));
    this.columns.forEach((column, part) => {
      const data = batch.columns[column] as ColumnData;
      this.#codes[part]?.read(data, rows, this.#rows[part] as Int32Array, batch.validity[column]);
    });
  }

  /** The numbers of what is known for the batch's rows; -1 for what is not. */
  findAll(rows: number, into: Int32Array): void {
    this.#table.findAll(this.#rows, rows, into);
  }

  /** The number of what is found for a row that was not known. */
  find(row: number): number {
    const known = this.#table.find(this.#rows, row);
    if (known >= 0) return known;
    const values = this.#codes.map((codes, part) => codes.textOf(this.#rows[part]?.[row] as number));
    const found = this.meet(values);
    const number = this.found.push(found) - 1;
    this.#table.set(this.#rows, row, number);
    return number;
  }

  #forget(): void {
    for (const codes of this.#codes) codes.clear();
    this.#table.clear();
    this.found = [];
  }
}
