/**
 * Counts the events of one type: finds the series of each row, then counts each metric in a loop of its own.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { RejectReason } from '../events/own-groups.js';
import type { EventDefinition, MetricDefinition } from '../series/event-definition.js';
import { observeExponential } from '../series/exponential.js';
import { cellCount, gaugeCell } from '../series/metric-cells.js';
import { seenCells } from '../series/series-memory.js';
import type { ChangedCells } from './changed-cells.js';
import type { KnownSeries } from './known-series.js';
import { type FoundSeries, SeriesFinder } from './series-finder.js';
import { checksOf, type RowCheck } from './value-checks.js';

/** What the aggregators of all types share. */
export interface AggregatorTools {
  readonly known: KnownSeries;
  readonly cells: ChangedCells;
  /** An event is not counted. */
  reject(type: string, reason: RejectReason): void;
  /** An event is counted in the series of all others. */
  limit(metric: string): void;
  /** Makes a label of a path. */
  template(path: string): string;
}

const none = -1;

export class EventAggregator {
  readonly #type: string;
  readonly #checks: readonly RowCheck[];
  readonly #finders: readonly SeriesFinder[];
  /** Of each row, the number that the finder knows its series by; -1: it is not counted. */
  #series = new Int32Array(0);
  /** Of each row, whether it is not counted. */
  #rejected = new Uint8Array(0);

  /** @param firstGroup the number of the definition's first group. */
  constructor(
    definition: EventDefinition,
    firstGroup: number,
    private readonly tools: AggregatorTools,
  ) {
    this.#type = definition.schema.name;
    this.#checks = checksOf(definition);
    this.#finders =
      definition.named === undefined
        ? definition.groups.map((_, i) => SeriesFinder.ofGroup(definition, i, firstGroup + i, tools))
        : [SeriesFinder.named(definition, definition.named, tools)];
  }

  /** @param now Unix milliseconds. */
  count(batch: Batch, now: number): void {
    const rows = batch.length;
    if (this.#series.length < rows) {
      this.#series = new Int32Array(rows);
      this.#rejected = new Uint8Array(rows);
    }
    this.#rejected.fill(0, 0, rows);
    for (const { reason, refuses } of this.#checks) {
      for (const row of refuses(batch)) this.#reject(row, reason);
    }
    for (const finder of this.#finders) {
      this.#find(finder, batch, now);
      for (let metric = 0, offset = seenCells; metric < finder.metrics; metric++)
        offset += this.#countMetric(finder, metric, offset, batch, now);
    }
  }

  #reject(row: number, reason: RejectReason): void {
    if (this.#rejected[row] !== 0) return;
    this.#rejected[row] = 1;
    this.tools.reject(this.#type, reason);
  }

  #find(finder: SeriesFinder, batch: Batch, now: number): void {
    const { cells, limit } = this.tools;
    finder.read(batch);
    const series = this.#series;
    const rejected = this.#rejected;
    finder.findAll(batch.length, series);
    for (let row = 0; row < batch.length; row++) {
      if (rejected[row] !== 0) {
        series[row] = none;
        continue;
      }
      let number = series[row] as number;
      if (number < 0) number = finder.find(row);
      series[row] = none;
      const found = finder.found[number] as FoundSeries | RejectReason;
      if (typeof found === 'string') {
        this.#reject(row, found);
        continue;
      }
      if (needsPositive(found) && ((batch.columns.value as ArrayLike<number>)[row] as number) < 0) {
        this.#reject(row, 'negative');
        continue;
      }
      if (found.isOther) limit((found.metrics[0] as MetricDefinition).name);
      cells.set(found.cell, now);
      series[row] = number;
    }
  }

  /**
   * Count one metric of all rows.
   *
   * @param metric its place in its group.
   * @param offset of its cells behind the first of a series.
   * @returns how many cells it has, the same in each series of a group.
   */
  #countMetric(finder: SeriesFinder, metric: number, offset: number, batch: Batch, now: number): number {
    const { cells } = this.tools;
    const { values } = cells;
    const series = this.#series;
    const rows = batch.length;
    const first = series.subarray(0, rows).find((number) => number !== none);
    if (first === undefined) return 0;
    const found = finder.found as readonly FoundSeries[];
    const definition = found[first]?.metrics[metric] as MetricDefinition;
    const { value: column, scale } = definition;
    const given = column === undefined ? undefined : (batch.columns[column] as ArrayLike<number>);
    const { type } = definition;
    if (type === 'gauge') {
      this.#setGauges(found, offset, scale, given as ArrayLike<number>, batch, now);
      return cellCount(definition);
    }
    for (let row = 0; row < rows; row++) {
      const number = series[row] as number;
      if (number === none) continue;
      const one = found[number] as FoundSeries;
      const at = one.cell + offset;
      const value = given === undefined ? 1 : (given[row] as number) * scale;
      if (type === 'counter') {
        values[at] = (values[at] as number) + value;
        cells.touch(at);
      } else {
        const { buckets } = one.metrics[metric] as MetricDefinition;
        if (buckets === 'exponential') observeExponential(values, at, value, (cell) => cells.touch(cell));
        else {
          values[at] = (values[at] as number) + value;
          cells.touch(at);
          const cell = at + 1 + bucketOf(buckets as readonly number[], value);
          values[cell] = (values[cell] as number) + 1;
          cells.touch(cell);
        }
      }
    }
    return cellCount(definition);
  }

  /** Set one gauge of all rows. Rows that are delivered again come after later ones of their producer: these stay. */
  #setGauges(
    found: readonly FoundSeries[],
    offset: number,
    scale: number,
    given: ArrayLike<number>,
    batch: Batch,
    now: number,
  ): void {
    const { cells } = this.tools;
    let row = 0;
    for (const { producer, first, count } of batch.data.identities.ranges) {
      for (let sequence = first; sequence < first + count; sequence++, row++) {
        const number = this.#series[row] as number;
        if (number === none) continue;
        const at = (found[number] as FoundSeries).cell + offset;
        if (cells.values[at + gaugeCell.producer] === producer) {
          if ((cells.values[at + gaugeCell.sequence] as number) > sequence) continue;
        } else cells.set(at + gaugeCell.producer, producer);
        cells.set(at + gaugeCell.value, (given[row] as number) * scale);
        cells.set(at + gaugeCell.setAt, now);
        cells.set(at + gaugeCell.sequence, sequence);
      }
    }
  }
}

/** The first bucket whose bound is not below the value. */
function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether it is an exponential histogram whose name events bring along. */
function needsPositive({ metrics }: FoundSeries): boolean {
  const [metric] = metrics;
  return metric?.buckets === 'exponential' && metric.isSigned;
}
