/**
 * Reads all series out of shared memory, on any thread. No flusher is asked.
 */
import type { GroupDefinition, MetricDefinition } from './event-definition.js';
import { readExponential } from './exponential.js';
import { cellCount, cellsTypeOf, gaugeCell } from './metric-cells.js';
import { namedMetric } from './named-metric.js';
import { SeriesDirectory, type SeriesEntry } from './series-directory.js';
import { lastFlushCell, type SeriesMemory, seenCells } from './series-memory.js';
import type { Family, Labels, Snapshot } from './snapshot.js';

/** A metric, and where its cells are in each of its series. */
interface Metric {
  readonly definition: MetricDefinition;
  readonly series: { readonly labels: Labels; readonly seen: number; readonly at: number }[];
}

export class SeriesReader {
  readonly #directory: SeriesDirectory;
  readonly #sets: readonly Float64Array[];
  /** By name, in the order in which they came. */
  readonly #metrics = new Map<string, Metric>();
  #read = 0;

  constructor(private readonly memory: SeriesMemory) {
    const { cells, flushers, groups } = memory;
    this.#directory = new SeriesDirectory(memory);
    this.#sets = Array.from(
      { length: flushers },
      (_, i) => new Float64Array(cells.memory, i * cells.each * 8, cells.each),
    );
    for (const { metrics } of groups)
      for (const definition of metrics) this.#metrics.set(definition.name, { definition, series: [] });
  }

  /** When the last batch was counted, in Unix milliseconds; 0 before the first. */
  get lastFlushAt(): number {
    return Math.max(...this.#sets.map((cells) => cells[lastFlushCell] as number));
  }

  /** @param now Unix milliseconds. */
  read(now: number): Snapshot {
    this.#catchUp();
    const { expireAfterMs = Number.POSITIVE_INFINITY, startedAt } = this.memory;
    const families: Family[] = [];
    for (const { definition, series } of this.#metrics.values()) {
      const points = [];
      for (const { labels, seen, at } of series) {
        const seenAt = this.#latest(seen);
        // An entry comes before its first count.
        if (seenAt === 0 || now - seenAt > expireAfterMs) continue;
        points.push({ labels, seenAt, ...this.#point(definition, at) });
      }
      if (points.length > 0) families.push(familyOf(definition, points));
    }
    return { at: now, startedAt, families };
  }

  /** The sum of a counter's series, and no others are read. */
  total(counter: string): number {
    this.#catchUp();
    let sum = 0;
    for (const { at } of this.#metrics.get(counter)?.series ?? []) sum += this.#sum(at);
    return sum;
  }

  #catchUp(): void {
    for (const entry of this.#directory.from(this.#read)) {
      this.#read++;
      this.#add(entry);
    }
  }

  #add({ key, cell }: SeriesEntry): void {
    let at = cell + seenCells;
    if ('group' in key) {
      const { labels: names, metrics } = this.memory.groups[key.group] as GroupDefinition;
      const labels = names
        .map(({ name }, i) => [name, key.values[i] as string] as const)
        // To backends a label without a value is none.
        .filter(([, value]) => value !== '')
        .sort(([a], [b]) => (a < b ? -1 : 1));
      for (const definition of metrics) {
        this.#metrics.get(definition.name)?.series.push({ labels, seen: cell, at });
        at += cellCount(definition);
      }
      return;
    }
    let metric = this.#metrics.get(key.name);
    if (metric === undefined) {
      metric = { definition: namedMetric(key, this.memory), series: [] };
      this.#metrics.set(key.name, metric);
    }
    metric.series.push({ labels: key.labels, seen: cell, at });
  }

  #latest(cell: number): number {
    let latest = 0;
    for (const cells of this.#sets) latest = Math.max(latest, cells[cell] as number);
    return latest;
  }

  #sum(cell: number): number {
    let sum = 0;
    for (const cells of this.#sets) sum += cells[cell] as number;
    return sum;
  }

  /**
   * The set of cells with the gauge's last value: that of the last batch, or of a later event of the same producer, as
   * another flusher may have counted that before.
   */
  #lastSet(at: number): Float64Array {
    const of = (cells: Float64Array, cell: keyof typeof gaugeCell) => cells[at + gaugeCell[cell]] as number;
    const latest = this.#sets.reduce((a, b) => (of(b, 'setAt') > of(a, 'setAt') ? b : a));
    const same = this.#sets.filter((cells) => of(cells, 'producer') === of(latest, 'producer'));
    return same.reduce((a, b) => (of(b, 'sequence') > of(a, 'sequence') ? b : a));
  }

  #point(definition: MetricDefinition, at: number) {
    switch (cellsTypeOf(definition)) {
      case 'counter':
        return { value: this.#sum(at) };
      case 'gauge':
        return { value: this.#lastSet(at)[at + gaugeCell.value] as number };
      case 'exponential':
        return readExponential(this.#sets, at);
      case 'histogram': {
        const buckets = definition.buckets as readonly number[];
        const counts = new Array<number>(buckets.length + 1);
        let count = 0;
        for (let i = 0; i <= buckets.length; i++) count += counts[i] = this.#sum(at + 1 + i);
        return { count, sum: this.#sum(at), counts };
      }
    }
  }
}

/** The points are of the definition's type. */
function familyOf(definition: MetricDefinition, points: readonly unknown[]): Family {
  const { name, help, buckets } = definition;
  const type = cellsTypeOf(definition);
  return { name, help, type, points, ...(type === 'histogram' && { bounds: buckets }) } as Family;
}
