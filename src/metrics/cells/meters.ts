/**
 * What is measured beside the counters of rows: how long each stage takes, how large batches are, what errors mean.
 *
 * Each producer and each flusher has cells of its own, like counters; a flusher that takes a dead one's place goes on
 * in its cells.
 */
import { type ErrorReason, errorReasons } from '../../target-errors/meaning.js';
import {
  cellsPerHistogram,
  firstRow,
  firstSecond,
  Histogram,
  type HistogramData,
  readHistograms,
} from './histogram.js';

/** A flusher's histograms, by the first bound of each. Durations in seconds. */
const flusherStages = {
  /** From the first row's publish until it is taken. */
  dequeue: firstSecond,
  /** Claiming and copying a batch. */
  assemble: firstSecond,
  /** One attempt of the sink's `write`. */
  executeSuccess: firstSecond,
  executeFail: firstSecond,
  /** From the moment a batch is taken until all of its rows have ended. */
  processSuccess: firstSecond,
  processFail: firstSecond,
  /** How late a deadline flush began. */
  lateness: firstSecond,
  /** Rows of a batch as it was taken. */
  batchSize: firstRow,
} as const;

/** A producer's: how long it waited for room. Without a wait nothing is measured. */
const producerStages = { enqueue: firstSecond } as const;

/** What a failed attempt, or a failure to keep rows, was. */
export const errorTypes = [
  'retry',
  'fatal',
  'unknown',
  'timeout',
  'answer',
  'crash',
  'dead_letters',
] as const;
export type ErrorType = (typeof errorTypes)[number];

type Stage = keyof typeof flusherStages;
const stages = Object.keys(flusherStages) as Stage[];
const errorsAt = stages.length * cellsPerHistogram;
/** Rounded up to pairs of cache lines. */
const flusherCells = Math.ceil((errorsAt + errorTypes.length * errorReasons.length) / 16) * 16;
const producerCells = Math.ceil(cellsPerHistogram / 16) * 16;
const bytes = Float64Array.BYTES_PER_ELEMENT;

function errorCell(type: ErrorType, reason: ErrorReason): number {
  return errorsAt + errorTypes.indexOf(type) * errorReasons.length + errorReasons.indexOf(reason);
}

function recordOf<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}

export function createMeterMemory(producers: number, flushers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((producers * producerCells + flushers * flusherCells) * bytes);
}

function cellsOfFlusher(memory: SharedArrayBuffer, producers: number, flusher: number): Float64Array {
  return new Float64Array(memory, (producers * producerCells + flusher * flusherCells) * bytes, flusherCells);
}

function cellsOfProducer(memory: SharedArrayBuffer, producer: number): Float64Array {
  return new Float64Array(memory, producer * producerCells * bytes, producerCells);
}

/** A flusher's side. */
export class FlusherMeters {
  readonly #cells: Float64Array;
  readonly #histograms: Readonly<Record<Stage, Histogram>>;

  /** @param flusher from 0. */
  constructor(memory: SharedArrayBuffer, producers: number, flusher: number) {
    this.#cells = cellsOfFlusher(memory, producers, flusher);
    this.#histograms = Object.fromEntries(
      stages.map((stage, i) => [
        stage,
        new Histogram(this.#cells, i * cellsPerHistogram, flusherStages[stage]),
      ]),
    ) as Record<Stage, Histogram>;
  }

  observe(stage: Stage, value: number): void {
    this.#histograms[stage].observe(value);
  }

  countError(type: ErrorType, reason: ErrorReason): void {
    const cell = errorCell(type, reason);
    this.#cells[cell] = (this.#cells[cell] as number) + 1;
  }
}

/** A producer's side: how long it waited for room. */
export function enqueueHistogram(memory: SharedArrayBuffer, producer: number): Histogram {
  return new Histogram(cellsOfProducer(memory, producer), 0, producerStages.enqueue);
}

/** What flushers have measured. */
export type FlusherMeasures = Readonly<Record<Stage, HistogramData>> & {
  readonly errors: Readonly<Record<ErrorType, number>>;
  /** The same, by why each was. */
  readonly errorsByReason: Readonly<Record<ErrorType, Readonly<Record<ErrorReason, number>>>>;
};

/** Reads all cells; no writer is asked. */
export class MeterReader {
  readonly #producers: Float64Array[];
  readonly #flushers: Float64Array[];

  constructor(memory: SharedArrayBuffer, producers: number, flushers: number) {
    this.#producers = Array.from({ length: producers }, (_, i) => cellsOfProducer(memory, i));
    this.#flushers = Array.from({ length: flushers }, (_, i) => cellsOfFlusher(memory, producers, i));
  }

  enqueue(): HistogramData {
    return readHistograms(this.#producers, 0, producerStages.enqueue);
  }

  /** @param flusher from 0; undefined for the sum of all. */
  flushers(flusher?: number): FlusherMeasures {
    const writers = flusher === undefined ? this.#flushers : [this.#flushers[flusher] as Float64Array];
    const measures = stages.map((stage, i) => [
      stage,
      readHistograms(writers, i * cellsPerHistogram, flusherStages[stage]),
    ]);
    const sum = (cell: number) => writers.reduce((all, cells) => all + (cells[cell] as number), 0);
    const errorsByReason = recordOf(errorTypes, (type) =>
      recordOf(errorReasons, (reason) => sum(errorCell(type, reason))),
    );
    const errors = recordOf(errorTypes, (type) =>
      Object.values(errorsByReason[type]).reduce((all, count) => all + count, 0),
    );
    return { ...Object.fromEntries(measures), errors, errorsByReason } as FlusherMeasures;
  }
}
