/**
 * What is measured beside the counters of rows: how long each stage takes, how large batches are, what sinks make of
 * them, what errors mean.
 *
 * Each producer has cells of its own, like counters, and each flusher has a set of cells for each schema. A flusher
 * that takes a dead one's place goes on in its cells.
 */
import { type ErrorReason, errorReasons } from '../../target-errors/meaning.js';
import type { CellsOfRing } from './counters.js';
import {
  addedUp,
  cellsPerHistogram,
  firstRow,
  firstSecond,
  Histogram,
  type HistogramData,
  onesOf,
  readHistograms,
} from './histogram.js';
import {
  type ConflictStrategy,
  conflictStrategies,
  type ErrorStage,
  errorStages,
  type GeneratedOperation,
} from './operations.js';

/** A flusher's histograms of one schema, by the first bound of each. Durations in seconds. */
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
  /** The same with duplicates; nothing where rows are not deduplicated, and both are equal. */
  flushSize: firstRow,
  /** Rows of each `write` whose sink says nothing of what it makes of them. */
  written: firstRow,
  /** What other sinks say: the rows that they got, those that they send, and the values of these. */
  operationInput: firstRow,
  operationOutput: firstRow,
  operationArgs: firstRow,
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
const deduplicatedAt = errorsAt + errorStages.length * errorTypes.length * errorReasons.length;
/** Rounded up to pairs of cache lines. */
const flusherCells = Math.ceil((deduplicatedAt + conflictStrategies.length) / 16) * 16;
const producerCells = Math.ceil(cellsPerHistogram / 16) * 16;
const bytes = Float64Array.BYTES_PER_ELEMENT;

function errorCell(stage: ErrorStage, type: ErrorType, reason: ErrorReason): number {
  const row = errorStages.indexOf(stage) * errorTypes.length + errorTypes.indexOf(type);
  return errorsAt + row * errorReasons.length + errorReasons.indexOf(reason);
}

function recordOf<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}

export function createMeterMemory(producers: number, flushers: number, schemas: number): SharedArrayBuffer {
  return new SharedArrayBuffer((producers * producerCells + flushers * schemas * flusherCells) * bytes);
}

/** @param set the flusher's number, from 0, times the number of schemas, and the schema's number. */
function cellsOfFlusher(memory: SharedArrayBuffer, producers: number, set: number): Float64Array {
  return new Float64Array(memory, (producers * producerCells + set * flusherCells) * bytes, flusherCells);
}

function cellsOfProducer(memory: SharedArrayBuffer, producer: number): Float64Array {
  return new Float64Array(memory, producer * producerCells * bytes, producerCells);
}

const isCount = (value: number) => Number.isFinite(value) && value >= 0;

/** A flusher's side, for one schema. */
export class FlusherMeters {
  readonly #cells: Float64Array;
  readonly #histograms: Readonly<Record<Stage, Histogram>>;
  /** Whether the sink says what it makes of batches. */
  #told = false;

  private constructor(cells: Float64Array) {
    this.#cells = cells;
    this.#histograms = Object.fromEntries(
      stages.map((stage, i) => [stage, new Histogram(cells, i * cellsPerHistogram, flusherStages[stage])]),
    ) as Record<Stage, Histogram>;
  }

  /** By schema. @param flusher from 0. */
  static of(memory: SharedArrayBuffer, producers: number, flusher: number, schemas: number): FlusherMeters[] {
    return Array.from(
      { length: schemas },
      (_, schema) => new FlusherMeters(cellsOfFlusher(memory, producers, flusher * schemas + schema)),
    );
  }

  observe(stage: Stage, value: number): void {
    this.#histograms[stage].observe(value);
  }

  /** A `write` of the sink got rows. */
  written(rows: number): void {
    if (!this.#told) this.observe('written', rows);
  }

  /** What is no count, or of no known strategy, is left out: it would make other numbers wrong. */
  generated({ inputItems, outputItems, args, deduplicated }: GeneratedOperation): void {
    const strategy = deduplicated === undefined ? 0 : conflictStrategies.indexOf(deduplicated.strategy);
    if (strategy < 0 || ![inputItems, outputItems, args, deduplicated?.rows ?? 0].every(isCount)) return;
    this.#told = true;
    this.observe('operationInput', inputItems);
    this.observe('operationOutput', outputItems);
    this.observe('operationArgs', args);
    if (deduplicated !== undefined) this.#add(deduplicatedAt + strategy, deduplicated.rows);
  }

  countError(stage: ErrorStage, type: ErrorType, reason: ErrorReason): void {
    this.#add(errorCell(stage, type, reason), 1);
  }

  #add(cell: number, amount: number): void {
    this.#cells[cell] = (this.#cells[cell] as number) + amount;
  }
}

/** Those of a schema's number. Schemas that were added to the running flow share the last. */
export function metersOf(sets: readonly FlusherMeters[], schema: number): FlusherMeters {
  return sets[Math.min(schema, sets.length - 1)] as FlusherMeters;
}

/** A producer's side: how long it waited for room. */
export function enqueueHistogram(memory: SharedArrayBuffer, producer: number): Histogram {
  return new Histogram(cellsOfProducer(memory, producer), 0, producerStages.enqueue);
}

/** What flushers have measured. */
export type FlusherMeasures = Readonly<Record<Exclude<Stage, 'written'>, HistogramData>> & {
  /** Schemas of each flush: one, as a flush takes the rows of one. */
  readonly schemaGroups: HistogramData;
  readonly errors: Readonly<Record<ErrorType, number>>;
  /** The same, by why each was. */
  readonly errorsByReason: Readonly<Record<ErrorType, Readonly<Record<ErrorReason, number>>>>;
  /** Errors of attempts, by where they failed and why. */
  readonly errorsByStage: Readonly<Record<ErrorStage, Readonly<Record<ErrorReason, number>>>>;
  /** Rows that sinks have not sent, as others of their key stand for them. */
  readonly deduplicated: Readonly<Record<ConflictStrategy, number>>;
};

/** Types of errors that no attempt has met. */
const notOfAttempts: readonly ErrorType[] = ['crash', 'dead_letters'];

/** Reads all cells; no writer is asked. */
export class MeterReader {
  readonly #producers: Float64Array[];
  /** By flusher and schema. */
  readonly #flushers: Float64Array[][];

  /**
   * @param shards the cells of each ring; flushers are numbered in this order.
   * @param deduplicates whether batches may be smaller than what a flush takes.
   */
  constructor(
    shards: readonly CellsOfRing[],
    schemas: number,
    private readonly deduplicates: boolean,
  ) {
    this.#producers = shards.flatMap(({ memory, producers }) =>
      Array.from({ length: producers }, (_, i) => cellsOfProducer(memory, i)),
    );
    this.#flushers = shards.flatMap(({ memory, producers, flushers }) =>
      Array.from({ length: flushers }, (_, flusher) =>
        Array.from({ length: schemas }, (__, schema) =>
          cellsOfFlusher(memory, producers, flusher * schemas + schema),
        ),
      ),
    );
  }

  enqueue(): HistogramData {
    return readHistograms(this.#producers, 0, producerStages.enqueue);
  }

  /** @param flusher from 0; undefined for the sum of all. */
  flushers(flusher?: number): FlusherMeasures {
    return this.#sum(flusher === undefined ? this.#flushers.flat() : (this.#flushers[flusher] ?? []));
  }

  /** What all flushers have measured of one schema. */
  schema(schema: number): FlusherMeasures {
    return this.#sum(this.#flushers.flatMap((sets) => sets[schema] ?? []));
  }

  #sum(writers: readonly Float64Array[]): FlusherMeasures {
    const measures = {} as Record<Stage, HistogramData>;
    stages.forEach((stage, i) => {
      measures[stage] = readHistograms(writers, i * cellsPerHistogram, flusherStages[stage]);
    });
    const { written, batchSize, flushSize, operationInput, operationOutput, ...others } = measures;
    return {
      ...others,
      batchSize,
      flushSize: this.deduplicates ? flushSize : batchSize,
      schemaGroups: onesOf(batchSize),
      operationInput: addedUp(operationInput, written),
      operationOutput: addedUp(operationOutput, written),
      ...readErrors(writers),
      deduplicated: recordOf(conflictStrategies, (strategy) =>
        sumOf(writers, deduplicatedAt + conflictStrategies.indexOf(strategy)),
      ),
    };
  }
}

function readErrors(
  writers: readonly Float64Array[],
): Pick<FlusherMeasures, 'errors' | 'errorsByReason' | 'errorsByStage'> {
  const errors = recordOf(errorTypes, () => 0);
  const none = () => recordOf(errorReasons, () => 0);
  const errorsByReason = recordOf(errorTypes, none);
  const errorsByStage = recordOf(errorStages, none);
  let cell = errorsAt;
  for (const stage of errorStages) {
    for (const type of errorTypes) {
      for (const reason of errorReasons) {
        const count = sumOf(writers, cell++);
        if (count === 0) continue;
        errors[type] += count;
        errorsByReason[type][reason] += count;
        if (!notOfAttempts.includes(type)) errorsByStage[stage][reason] += count;
      }
    }
  }
  return { errors, errorsByReason, errorsByStage };
}

function sumOf(writers: readonly Float64Array[], cell: number): number {
  let sum = 0;
  for (const cells of writers) sum += cells[cell] as number;
  return sum;
}
