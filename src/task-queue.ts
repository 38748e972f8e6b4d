/**
 * A bounded task queue for a worker pool: piscina's `taskQueue` option, and tinypool's.
 *
 * Waiting tasks stand in a ring buffer, so pushing and taking cost the same however many wait. The
 * ring by itself would overwrite the oldest task when full, and the oldest caller's promise would
 * never settle; here a full queue refuses the newest task instead.
 */
import RingBuffer from 'ringbufferjs';
import { QueueFullError } from './errors.js';
import { integer } from './options/rules.js';

const capacityRule = integer(1, 2 ** 24);

/** A task's place in the ring. The ring holds on to what was taken out, so places are emptied. */
interface Place<T> {
  task: T | undefined;
}

/**
 * A first-in, first-out queue of at most `capacity` tasks.
 *
 * A pool that reaches its own `maxQueue` first rejects the task's promise; past the queue's capacity,
 * piscina's `run()` throws QueueFullError. The pool adds the places of workers that are starting to
 * `maxQueue`, so for the former give a capacity of `maxQueue + maxThreads × concurrentTasksPerWorker`.
 *
 * @example
 * const pool = new Piscina({ filename, maxQueue: 100, maxThreads: 4, taskQueue: new RingTaskQueue(104) });
 */
export class RingTaskQueue<T extends object = object> {
  readonly capacity: number;
  readonly #ring: RingBuffer<Place<T>>;
  /** Tasks that came back to the front, the next one last. */
  readonly #returned: T[] = [];

  /** @throws ConfigError when `capacity` is not an integer from 1 to 16,777,216. */
  constructor(capacity: number) {
    this.capacity = capacityRule.check(capacity, 'capacity');
    this.#ring = new RingBuffer(capacity);
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#ring.size() + this.#returned.length;
  }

  /** Take the task that has waited longest; null when none waits. */
  shift(): T | null {
    return this.#returned.pop() ?? (this.#ring.isEmpty() ? null : this.#take());
  }

  /** @throws QueueFullError when `capacity` tasks wait; the queue stays as it was. */
  push(task: T): void {
    this.#makeSureOfRoom();
    this.#ring.enq({ task });
  }

  /**
   * Put a task back in front of all others: one that was taken while no worker was free.
   * @throws QueueFullError when `capacity` tasks wait; the queue stays as it was.
   */
  unshift(task: T): void {
    this.#makeSureOfRoom();
    this.#returned.push(task);
  }

  /** Take one task out wherever it stands, if it is here. The others keep their order. */
  remove(task: T): void {
    const at = this.#returned.indexOf(task);
    if (at >= 0) {
      this.#returned.splice(at, 1);
      return;
    }
    // Once around the ring: everything but the task goes back in at the end.
    for (let left = this.#ring.size(); left > 0; left--) {
      const waiting = this.#take();
      if (waiting !== task) this.#ring.enq({ task: waiting });
    }
  }

  /**
   * Cancel and drop every waiting task, for tinypool's `cancelPendingTasks()`.
   *
   * @throws what a task's `cancel` throws, after all tasks were cancelled; an AggregateError where several throw.
   */
  cancel(): void {
    const errors: unknown[] = [];
    for (let task = this.shift(); task !== null; task = this.shift()) {
      try {
        (task as { cancel?(): void }).cancel?.();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} tasks could not be cancelled`);
    if (errors.length === 1) throw errors[0];
  }

  #take(): T {
    const place = this.#ring.deq();
    const task = place.task as T;
    place.task = undefined;
    return task;
  }

  #makeSureOfRoom(): void {
    if (this.size >= this.capacity) throw new QueueFullError(this.capacity);
  }
}
