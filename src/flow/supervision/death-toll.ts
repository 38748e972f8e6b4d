/**
 * Counts the deaths of one flusher's threads, and says when they are too many for the flow to go on.
 */

/** So many deaths in a row without a row in flight, and the flow fails. */
const maxIdleDeaths = 5;
const firstBackoffMs = 50;
const maxBackoffMs = 2000;

/** So many poison rows in a row are isolated, one after another; a sink that dies of more is broken itself. */
const maxPoisonInARow = 20;

/** Counts the deaths of one flusher since it last committed a row, and says when it is enough. */
export class DeathToll {
  #withRows = 0;
  #idle = 0;

  /**
   * @param maxDeliveries as configured.
   * @param batchRows how many rows a batch may have now; `update()` may change it.
   */
  constructor(
    private readonly maxDeliveries: number,
    private readonly batchRows: () => number,
  ) {}

  count(redelivered: number, committed: boolean): void {
    if (committed) this.#withRows = 0;
    if (committed || redelivered > 0) this.#idle = 0;
    if (redelivered > 0) this.#withRows++;
    else this.#idle++;
  }

  get tooMany(): boolean {
    // The first poison row is found by halving; those behind it die one by one.
    const maxWithRows = this.maxDeliveries + Math.ceil(Math.log2(this.batchRows())) + maxPoisonInARow;
    return this.#idle >= maxIdleDeaths || this.#withRows >= maxWithRows;
  }

  /** A sink that dies of its rows is started again at once: they are being found out. */
  get backoffMs(): number {
    return this.#idle === 0 ? 0 : Math.min(maxBackoffMs, firstBackoffMs * 2 ** this.#idle);
  }
}
