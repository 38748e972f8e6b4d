/**
 * Runs work one piece after the other: each takes much memory until it has ended.
 */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Do the work when all work given before has ended.
   *
   * @returns the result of the work.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
