/**
 * One caller that waits in a list: its promise, its time limit, and the signal that ends its wait earlier.
 */
import type { WaitTimeoutError } from '../../errors.js';
import type { WaitOptions } from '../api/producer.js';
import { onAbort, reasonOf } from './on-abort.js';

/** The longest that a timer can wait; one for longer would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

export class Waiter {
  readonly promise: Promise<void>;
  /** Whether the promise is settled. */
  ended = false;
  #resolve = () => {};
  #reject: (reason: unknown) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  /** Stops listening to the signal. */
  #stopListening: (() => void) | undefined;

  /**
   * @param options undefined: no limit. They have been checked: the signal is not aborted.
   * @param late makes the error when the time is up.
   * @param left notified when the limit or the signal has ended the wait.
   */
  constructor(
    options: WaitOptions | undefined,
    public late: (ms: number) => WaitTimeoutError,
    public left: (waiter: Waiter) => void,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options !== undefined) this.#limit(options);
  }

  succeed(): void {
    this.#end();
    this.#resolve();
  }

  /** @param error anything, undefined included: code of the caller may have thrown it. */
  fail(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.ended = true;
    clearTimeout(this.#timer);
    this.#stopListening?.();
  }

  #limit({ timeoutMs = maxTimerMs, signal }: WaitOptions): void {
    if (timeoutMs < maxTimerMs) {
      this.#timer = setTimeout(() => this.#leave(this.late(timeoutMs)), Math.max(timeoutMs, 0));
    }
    if (signal !== undefined) this.#stopListening = onAbort(signal, () => this.#leave(reasonOf(signal)));
  }

  #leave(error: unknown): void {
    if (this.ended) return;
    this.fail(error);
    this.left(this);
  }
}
