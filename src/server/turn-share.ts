/**
 * The part of an event-loop turn that all requests together may use for their lines.
 *
 * One chunk of a body may hold tens of thousands of lines, and hundreds of bodies may come at once. Between two shares
 * the event loop turns: timers fire, other routes answer, and closed connections are noticed. Requests get shares in
 * the order in which they asked. Work is measured in bytes, so that a test can count turns instead of milliseconds.
 */

/** About 1 ms: some 600 lines of 150 bytes, or 2,500 lines of one byte. */
export const shareOfTurn = 256 * 1024;

export class TurnShare {
  #left = shareOfTurn;
  #ticking = false;
  readonly #waiting: (() => void)[] = [];

  /**
   * Ask for a share before the work is done.
   *
   * @param work size of the work in bytes.
   * @returns a promise only if the turn's share is used up: wait for it before the work.
   */
  take(work: number): Promise<void> | undefined {
    if (!this.#ticking) {
      this.#ticking = true;
      setImmediate(this.#tick);
    }
    if (this.#left > 0) {
      this.#left -= work;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.#left -= work;
        resolve();
      });
    });
  }

  /** Begin a new turn: the request that has waited longest goes on. */
  readonly #tick = (): void => {
    this.#left = shareOfTurn;
    const resume = this.#waiting.shift();
    this.#ticking = resume !== undefined;
    if (resume === undefined) return;
    setImmediate(this.#tick);
    resume();
  };
}
