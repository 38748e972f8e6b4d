/**
 * The test's side of a memory sink: a flow's batches, readable on the test's thread as soon as they are committed.
 */
import { setTimeout } from 'node:timers/promises';
import { CapacityError, WaitTimeoutError } from '../../errors.js';
import { check, type RulesFor } from '../../options/check.js';
import { integer } from '../../options/rules.js';
import { ownFile } from '../../own-files.js';
import type { RowOf, Schema } from '../../schema/columns/schema.js';
import type { SinkRef } from '../../sink.js';
import { type Failure, postedFailure } from './failure.js';
import { AskedFailures, createSharedBatches, StoredBatches, word, wordsOf } from './shared-batches.js';
import { BatchReviver, type PostedBatch, type StoredBatch } from './stored-batch.js';

export interface MemorySinkOptions {
  /** What all stored batches may take; memory that no batch has reached is not used. Default 268,435,456. */
  maxBytes?: number;
}

const memorySinkRules = {
  maxBytes: integer(1024, 2 ** 31 - 2 ** 22).default(2 ** 28),
} satisfies RulesFor<MemorySinkOptions>;

const mostTimes = 2 ** 31 - 1;

/** A sink that keeps batches in memory, waits and fails on demand; flushers on any number of threads write to it. */
export class MemorySink {
  /** For `createBatchFlow({ sink })`, or for `deadLetters`. */
  readonly sink: SinkRef;
  readonly #words: Int32Array;
  readonly #failures: AskedFailures;
  readonly #stored: StoredBatches;
  readonly #reviver = new BatchReviver();
  readonly #batches: StoredBatch[] = [];
  #read = 0;

  /** @throws ConfigError for an option that cannot work. */
  constructor(options: MemorySinkOptions = {}) {
    const shared = createSharedBatches(check(memorySinkRules, options).maxBytes);
    this.sink = { module: ownFile('./testing/memory/sink.js').href, options: shared };
    this.#words = wordsOf(shared);
    this.#failures = new AskedFailures(shared);
    this.#stored = new StoredBatches(shared);
  }

  /** What was stored, in the order of commits; with a schema, of that one only. */
  batches(schema?: Pick<Schema, 'name'>): readonly StoredBatch[] {
    const { values, end } = this.#stored.from(this.#read);
    this.#read = end;
    for (const value of values) this.#batches.push(this.#reviver.revive(value as PostedBatch));
    return this.#batches.filter(({ batch }) => schema === undefined || batch.schema.name === schema.name);
  }

  /** The rows of these batches, as fresh objects. */
  rows<S extends Schema = Schema>(schema?: S): RowOf<S>[] {
    return this.batches(schema).flatMap(({ batch }) => batch.rows() as RowOf<S>[]);
  }

  /** Rows stored so far, without a look at them. */
  get stored(): number {
    return Atomics.load(this.#words, word.storedRows);
  }

  /** Calls of `write` so far, those that failed and those that wait included. */
  get attempts(): number {
    return Atomics.load(this.#words, word.attempts);
  }

  /** Writes that wait at this moment for `release()`. */
  get waiting(): number {
    return Atomics.load(this.#words, word.waiting);
  }

  get opened(): number {
    return Atomics.load(this.#words, word.opened);
  }

  get closed(): number {
    return Atomics.load(this.#words, word.closed);
  }

  /**
   * Let the next writes fail, after those that were asked for before.
   *
   * @param times Infinity: until `recover()`.
   * @throws CapacityError after some thousands of calls.
   */
  failNext(failure: Failure = 'retry', times = 1): void {
    this.#ask(failure, times);
  }

  /** Let the next writes refuse single rows, by their numbers in the batch; its other rows are stored. */
  failRows(rows: readonly number[], failure: Failure = 'fatal', times = 1): void {
    this.#ask(failure, times, rows);
  }

  /** Forget failures that are still to come. */
  recover(): void {
    this.#failures.forget();
  }

  /** Let writes wait from now on, until `release()`; a write whose signal aborts rejects. */
  hold(): void {
    Atomics.store(this.#words, word.held, 1);
  }

  release(): void {
    Atomics.store(this.#words, word.held, 0);
    Atomics.notify(this.#words, word.held);
  }

  /**
   * Wait for a condition of this sink: `await memory.until(({ waiting }) => waiting === 2)`.
   *
   * @throws WaitTimeoutError when it does not come true in time.
   */
  async until(condition: (sink: MemorySink) => boolean, timeoutMs = 10_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!condition(this)) {
      if (performance.now() > end)
        throw new WaitTimeoutError(`the condition did not come true within ${timeoutMs} ms`);
      await setTimeout(2);
    }
  }

  #ask(failure: Failure, times: number, rows?: readonly number[]): void {
    if (!this.#failures.ask(postedFailure(failure, rows), Math.min(times, mostTimes))) {
      throw new CapacityError('a memory sink remembers no more failures');
    }
  }
}

/**
 * Make a sink that keeps batches in memory, and that fails or waits when a test says so.
 *
 * @throws ConfigError for an option that cannot work.
 * @example
 * const memory = memorySink();
 * const flow = await createBatchFlow({ schema: Request, sink: memory.sink });
 * memory.failNext('retry', 2);
 * flow.push({ path: '/' });
 * await flow.committed();
 * assert.deepEqual(memory.rows(Request), [{ path: '/' }]);
 */
export function memorySink(options: MemorySinkOptions = {}): MemorySink {
  return new MemorySink(options);
}
