/**
 * The memory of a collector's series, which its threads share: allocated once, so that no flood of labels makes it
 * grow. Its pages become memory as series come.
 *
 *     cells      Float64, a set for each flusher: what it has counted of each series
 *     directory  which series there are, and where the cells of each lie, the same in every set
 *
 * The first cell of a set is the time of the flusher's last batch.
 */
import { ConfigError } from '../../errors.js';
import type { SinkCellsMemory } from '../../metrics/cells/sink-cells.js';
import type { Buckets, GroupDefinition } from './event-definition.js';
import { cellCount } from './metric-cells.js';

/** Where the cell of the last flush is. */
export const lastFlushCell = 0;
export const firstSeriesCell = 1;

/** Plain data, to be posted. */
export interface SeriesMemory {
  readonly cells: SinkCellsMemory;
  readonly flushers: number;
  readonly directory: SharedArrayBuffer;
  readonly maxEntries: number;
  /** Bytes of the directory that are kept for series of all others. */
  readonly spare: number;
  /** All groups of metrics, by the numbers that entries of the directory have. */
  readonly groups: readonly GroupDefinition[];
  readonly startedAt: number;
  /** Series of a metric, beside the one of all others. */
  readonly maxSeries: number;
  /** Names that events may bring along. */
  readonly maxMetrics: number;
  /** Buckets of histograms whose names events bring along. */
  readonly buckets: Buckets;
  readonly bucketsByMetric: Readonly<Record<string, Buckets>>;
  /** Series that have not changed for so long are not shown. */
  readonly expireAfterMs: number | undefined;
}

export type SeriesSettings = Pick<
  SeriesMemory,
  | 'flushers'
  | 'groups'
  | 'startedAt'
  | 'maxSeries'
  | 'maxMetrics'
  | 'buckets'
  | 'bucketsByMetric'
  | 'expireAfterMs'
>;

/** Words before the entries: lock, number of entries. */
export const directoryWords = { lock: 0, entries: 1 } as const;
/** Words of an entry: where its cells and the bytes of its key end. The next one's begin there. */
export const entryWords = { cellsEnd: 0, bytesEnd: 1 } as const;
export const headWords = 2;
export const wordsPerEntry = 2;
/** Of a key, on average: longer ones are at the expense of others. */
const bytesPerKey = 256;
/** Of the key of a series of all others, which always finds room: beside its labels, and of each label. */
const otherBytes = 1024;
const otherLabelBytes = 8;
/** Cells of all flushers. Further memory is made from them: notes, and what each flusher knows of its cells. */
const mostCells = 2 ** 28;
/** Positions in the directory are Int32. */
const mostBytes = 2 ** 31 - 1;

/** Series of metrics whose names events bring along, all together. */
export function maxNamedSeries(maxSeries: number): number {
  return 10 * maxSeries;
}

/** When a series was last changed, before the cells of its metrics. */
export const seenCells = 1;

/** @throws ConfigError where so many series take more memory than there can be. */
export function createSeriesMemory(settings: SeriesSettings): SeriesMemory {
  const { groups, maxSeries, maxMetrics, flushers } = settings;
  const cellsOf = (metrics: readonly Parameters<typeof cellCount>[0][]) =>
    metrics.reduce((sum, metric) => sum + cellCount(metric), seenCells);
  const fixed = groups.reduce((sum, { metrics }) => sum + cellsOf(metrics), 0) * (maxSeries + 1);
  const all = [settings.buckets, ...Object.values(settings.bucketsByMetric)];
  const widest = Math.max(
    cellsOf([{ type: 'gauge' }]),
    ...all.map((buckets) => cellsOf([{ type: 'histogram', buckets }])),
  );
  const named = maxNamedSeries(maxSeries) + maxMetrics;
  const each = firstSeriesCell + fixed + named * widest;
  const maxEntries = groups.length * (maxSeries + 1) + named;
  const words = headWords + maxEntries * wordsPerEntry;
  const othersOf = ({ labels }: GroupDefinition) => otherBytes + labels.length * otherLabelBytes;
  const spare = groups.reduce((sum, group) => sum + othersOf(group), maxMetrics * otherBytes);
  const bytes = words * 4 + maxEntries * bytesPerKey + spare;
  const share = Math.min(mostCells / (flushers * each), mostBytes / bytes);
  if (share < 1) throw tooMany(settings, Math.max(Math.floor(maxSeries * share), 1));
  try {
    return {
      ...settings,
      cells: { memory: new SharedArrayBuffer(flushers * each * 8), each },
      directory: new SharedArrayBuffer(bytes),
      maxEntries,
      spare,
    };
  } catch {
    // V8 says no more than that it has got no memory.
    throw tooMany(settings, Math.max(Math.floor(maxSeries / 2), 1));
  }
}

function tooMany({ maxSeries, flushers }: SeriesSettings, most: number): ConfigError {
  const what = `about ${most} at most, with these metrics, buckets and flushers (${flushers})`;
  return new ConfigError('maxSeries', maxSeries, what);
}
