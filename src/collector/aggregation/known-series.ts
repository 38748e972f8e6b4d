/**
 * The series that a flusher knows, and new ones: each metric has so many, and what comes beyond them is counted in one
 * series of all others.
 */

import { namesOf } from '../events/known-events.js';
import { ownTotal, type RejectReason } from '../events/own-groups.js';
import type { GroupDefinition, MetricDefinition } from '../series/event-definition.js';
import { cellCount } from '../series/metric-cells.js';
import { namedMetric } from '../series/named-metric.js';
import { SeriesDirectory, type SeriesEntry, type SeriesKey } from '../series/series-directory.js';
import { maxNamedSeries, type SeriesMemory, seenCells } from '../series/series-memory.js';
import type { Labels } from '../series/snapshot.js';

/** Where a series' cells begin, and whether it is that of all others. */
export interface Series {
  readonly cell: number;
  readonly isOther: boolean;
}

export interface NamedSeries extends Series {
  readonly metric: MetricDefinition;
}

/** The value of each label of the series of all others. */
const other = 'other';
const otherLabels: Labels = [['other', 'true']];

export class KnownSeries {
  readonly #directory: SeriesDirectory;
  /** Where cells begin, by the key's text. */
  readonly #cells = new Map<string, number>();
  /** Series of a metric, that of all others left out; by group or name. */
  readonly #counts = new Map<number | string, number>();
  readonly #named = new Map<string, MetricDefinition>();
  /** Names of families, those that a histogram has included. */
  readonly #names = new Set<string>(Object.values(ownTotal));
  #namedSeries = 0;
  #read = 0;

  constructor(
    private readonly memory: SeriesMemory,
    private readonly flusher: number,
  ) {
    this.#directory = new SeriesDirectory(memory);
    this.#directory.unlock(flusher);
    for (const { metrics } of memory.groups) for (const metric of metrics) this.#claim(metric);
    this.#catchUp();
  }

  /** The series of a group of fixed metrics. */
  ofGroup(group: number, values: readonly string[]): Series {
    const key = { group, values };
    // Its own counts come with every rejected event.
    const known = this.#cells.get(JSON.stringify(key));
    if (known !== undefined) return { cell: known, isOther: false };
    const { metrics, labels } = this.memory.groups[group] as GroupDefinition;
    const cells = metrics.reduce((sum, metric) => sum + cellCount(metric), seenCells);
    const rest = { group, values: labels.map(() => other) };
    return this.#locked(() => this.#findOrAdd(group, key, rest, cells));
  }

  /** The series of a metric whose name an event has brought along; or why there is none. */
  named(type: MetricDefinition['type'], name: string, labels: Labels): NamedSeries | RejectReason {
    // A new metric is checked and added in one turn: two flushers may meet its name at once, as of different types.
    return this.#locked(() => {
      let metric = this.#named.get(name);
      if (metric === undefined) {
        metric = namedMetric({ name, type }, this.memory);
        if (namesOf(metric).some((each) => this.#names.has(each))) return 'type_conflict';
        if (this.#named.size >= this.memory.maxMetrics) return 'too_many_metrics';
      }
      if (metric.type !== type) return 'type_conflict';
      const cells = seenCells + cellCount(metric);
      const rest: SeriesKey = { type, name, labels: otherLabels };
      return { metric, ...this.#findOrAdd(name, { type, name, labels }, rest, cells) };
    });
  }

  /** Do something while no other flusher adds series, with what they have added known. */
  #locked<T>(work: () => T): T {
    return this.#directory.locked(this.flusher, () => {
      this.#catchUp();
      return work();
    });
  }

  /** Find a series, or add it, under the lock. @param rest the series of all others. */
  #findOrAdd(metric: number | string, key: SeriesKey, rest: SeriesKey, cells: number): Series {
    const known = this.#cells.get(JSON.stringify(key));
    if (known !== undefined) return { cell: known, isOther: false };
    const cell = this.#isFull(metric) ? undefined : this.#add(key, cells, false);
    if (cell !== undefined) return { cell, isOther: false };
    const others = this.#cells.get(JSON.stringify(rest)) ?? this.#add(rest, cells, true);
    if (others === undefined) throw new Error('the directory of series has no room for those of all others');
    return { cell: others, isOther: true };
  }

  #isFull(metric: number | string): boolean {
    const { maxSeries } = this.memory;
    if ((this.#counts.get(metric) ?? 0) >= maxSeries) return true;
    return typeof metric === 'string' && this.#namedSeries >= maxNamedSeries(maxSeries);
  }

  #add(key: SeriesKey, cells: number, isOther: boolean): number | undefined {
    const entry = this.#directory.add(key, cells, isOther);
    if (entry === undefined) return undefined;
    this.#read++;
    this.#know(entry);
    return entry.cell;
  }

  /** Read what other flushers have added. */
  #catchUp(): void {
    for (const entry of this.#directory.from(this.#read)) {
      this.#read++;
      this.#know(entry);
    }
  }

  #know({ key, cell }: SeriesEntry): void {
    this.#cells.set(JSON.stringify(key), cell);
    if ('group' in key) {
      if (!key.values.every((value) => value === other)) this.#count(key.group);
      return;
    }
    if (!this.#named.has(key.name)) {
      const metric = namedMetric(key, this.memory);
      this.#named.set(key.name, metric);
      this.#claim(metric);
    }
    if (JSON.stringify(key.labels) === JSON.stringify(otherLabels)) return;
    this.#namedSeries++;
    this.#count(key.name);
  }

  #count(metric: number | string): void {
    this.#counts.set(metric, (this.#counts.get(metric) ?? 0) + 1);
  }

  #claim(metric: MetricDefinition): void {
    for (const name of namesOf(metric)) this.#names.add(name);
  }
}
