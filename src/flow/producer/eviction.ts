/**
 * `drop-oldest`: a producer that finds the ring full drops the oldest sealed block that no flusher holds.
 *
 * It claims the block as a flusher would, so that no batch ever holds rows that are dropped at the same time.
 */
import type { Counters, producerCell } from '../../metrics/cells/counters.js';
import type { Settlement } from '../../metrics/cells/settlement.js';
import { BlockClaims, type Sighting } from '../../ring/block-claims.js';
import { droppedText, RowLog } from '../shared/row-log.js';
import { evictions } from '../shared/settlements.js';
import type { SharedFlow } from '../shared/shared-flow.js';

export class Eviction {
  readonly #settlement: Settlement<typeof producerCell>;
  readonly #log: RowLog;
  readonly #claims: BlockClaims;
  readonly #found: Sighting[] = [];

  /**
   * @param slot the slot of the producer that drops.
   * @param counters the cells in which it counts.
   */
  constructor(shared: SharedFlow, slot: number, counters: Counters<typeof producerCell>) {
    this.#settlement = evictions(counters);
    this.#log = new RowLog(shared.givenUp);
    this.#claims = new BlockClaims(shared.ring, slot + 1);
  }

  /** @returns whether a block was freed; false when flushers hold every sealed block. */
  evictOldest(): boolean {
    const claims = this.#claims;
    claims.survey(this.#found);
    for (const { block, sealed, ticket } of this.#found) {
      if (!sealed || !claims.tryClaim(block, ticket)) continue;
      const { from, to } = claims.waiting(block, Number.MAX_SAFE_INTEGER);
      // A block of which nothing waits only needs to be freed.
      if (to > from) {
        const { producer, sequence } = claims.origin(block);
        this.#log.add(producer - 1, sequence + from, to - from, droppedText);
        this.#settlement.begin(block, to, [to - from]);
        claims.settle(block, to);
        this.#settlement.end();
      }
      claims.finish(block);
      return true;
    }
    return false;
  }
}
