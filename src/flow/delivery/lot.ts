/**
 * A lot: rows of a batch that are tried together. A batch begins as one lot; halving makes more of it.
 *
 * Delivery says what happens to a lot; the lot keeps which of its rows are left, and what is known of them.
 */
import type { Awaitable } from '../waiting/awaitable.js';
import type { Answer } from './write-result.js';

export class Lot {
  #rows: readonly number[];
  #attempts: number;
  #first: Awaitable<Answer> | undefined;
  #errors: Answer['failed'] | undefined;

  /**
   * @param attempts that are behind its rows.
   * @param guess whether it is a half of a lot that has used up its attempts: it gets one.
   * @param first what the sink answers to the first attempt, if that has been begun.
   */
  constructor(
    rows: readonly number[],
    attempts: number,
    readonly guess: boolean,
    first?: Awaitable<Answer>,
  ) {
    this.#rows = rows;
    this.#attempts = attempts;
    this.#first = first;
  }

  /** Rows that are neither committed nor failed, in order. */
  get rows(): readonly number[] {
    return this.#rows;
  }

  /** How often the sink had them. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Whether the last attempt ended with errors of single rows: the bad ones are known, and need not be looked for. */
  get isNamed(): boolean {
    return this.#errors !== undefined;
  }

  /** The error that the sink gave for a row at the last attempt, if it named any. */
  errorOf(row: number): unknown {
    return this.#errors?.get(row);
  }

  /** An attempt begins. @returns what the sink answers to it, if it has been asked. */
  attempted(): Awaitable<Answer> | undefined {
    const first = this.#first;
    this.#attempts++;
    this.#first = undefined;
    this.#errors = undefined;
    return first;
  }

  /** The sink has stored all rows. */
  stored(): void {
    this.#rows = [];
  }

  /** The sink has stored the rows that it did not name. @param left those that it named and that may be tried again. */
  named(errors: Answer['failed'], left: readonly number[]): void {
    this.#errors = errors;
    this.#rows = left;
  }

  /** Two lots of what is left, in order. @param guess whether each half gets one attempt only. */
  halves(guess: boolean): [Lot, Lot] {
    const middle = this.#rows.length >> 1;
    const before = new Lot(this.#rows.slice(0, middle), this.#attempts, guess);
    return [before, new Lot(this.#rows.slice(middle), this.#attempts, guess)];
  }
}
