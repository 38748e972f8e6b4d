/**
 * Units end in any order; a position in a file, or a count, can only say that all before it have ended.
 */

/** A unit of a source that goes on where all before have ended. */
export interface Step<T> {
  /** Where to go on once this unit and all before it have ended. */
  readonly next: T;
  /** Whether it has ended. */
  ended: boolean;
}

/** Forgotten steps are cut off when they are so many. */
const mostForgotten = 1024;

export class Frontier<T> {
  #steps: Step<T>[] = [];
  /** Number of steps that have ended with all before them. */
  #passed = 0;

  /** Add the unit that comes next. */
  add(next: T): Step<T> {
    const step = { next, ended: false };
    this.#steps.push(step);
    return step;
  }

  /** Note that units have ended. @returns where to go on now; undefined where that has not changed. */
  end(steps: readonly Step<T>[]): T | undefined {
    for (const step of steps) step.ended = true;
    const before = this.#passed;
    while (this.#steps[this.#passed]?.ended) this.#passed++;
    if (this.#passed === before) return undefined;
    const { next } = this.#steps[this.#passed - 1] as Step<T>;
    if (this.#passed >= mostForgotten) {
      this.#steps.splice(0, this.#passed);
      this.#passed = 0;
    }
    return next;
  }
}
