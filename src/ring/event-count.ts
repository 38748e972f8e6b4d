/**
 * An event count: how threads sleep until another thread has changed something in shared memory.
 *
 * A thread that changes something stores it first, then calls `signal`, which costs one load while
 * no thread sleeps. A thread that waits announces itself, looks at the memory again, and only then sleeps:
 *
 *     const epoch = events.announce();
 *     if (!condition()) events.wait(epoch, timeoutMs);
 *     events.retire();
 *
 * So no wake-up is lost.
 */
import type { SleepNote } from './sleep-notes.js';

export class EventCount {
  readonly #words: Int32Array;
  readonly #epoch: number;
  readonly #sleepers: number;

  /**
   * @param at index of the epoch word; the sleepers' count follows it.
   * @param note where the sleeper notes its announcements; without one they stand when its thread dies.
   */
  constructor(
    words: Int32Array,
    at: number,
    private readonly note?: SleepNote,
  ) {
    this.#words = words;
    this.#epoch = at;
    this.#sleepers = at + 1;
  }

  /** Wake every sleeper, if there is one. Call after the change is stored. */
  signal(): void {
    // ORDER: the caller's store comes before this load, and a waiter's announcement before its look. Either the waiter
    // sees the change, or this thread sees the waiter and moves the epoch that it waits with.
    if (Atomics.load(this.#words, this.#sleepers) === 0) return;
    Atomics.add(this.#words, this.#epoch, 1);
    Atomics.notify(this.#words, this.#epoch);
  }

  /** Say that this thread is about to sleep. Look at the condition after this, then wait with the epoch. */
  announce(): number {
    // ORDER: the sleepers' count before the epoch: a signal that moves the epoch after this load ends the wait.
    Atomics.add(this.#words, this.#sleepers, 1);
    // ORDER: the note after the count, and out before it: a note never stands without its announcement.
    this.note?.add();
    return Atomics.load(this.#words, this.#epoch);
  }

  /** Take the announcement back, after the sleep or instead of it. */
  retire(): void {
    this.note?.crossOut();
    Atomics.sub(this.#words, this.#sleepers, 1);
  }

  /** Sleep, blocking the thread, until a signal since `announce` or the timeout (ms). */
  wait(epoch: number, timeoutMs: number): void {
    Atomics.wait(this.#words, this.#epoch, epoch, timeoutMs);
  }

  /**
   * Sleep without blocking the thread. Undefined when a signal has come already. It may end early: V8 keeps the
   * memory of a timed wait until its time has passed, even when it was notified, so long ones are cut short.
   * A pending promise does not keep the event loop alive.
   */
  waitAsync(epoch: number, timeoutMs: number): Promise<unknown> | undefined {
    const bounded = Number.isFinite(timeoutMs) ? Math.min(timeoutMs, maxTimedWaitMs) : timeoutMs;
    const result = Atomics.waitAsync(this.#words, this.#epoch, epoch, bounded);
    return result.async ? result.value : undefined;
  }
}

const maxTimedWaitMs = 1000;
