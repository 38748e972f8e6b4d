/**
 * Events that producers did not take, by reason. Cells of the whole flow in shared memory.
 *
 * A refusal is rare and ends in an error, so an atomic add for each is no cost; nothing is counted for an event that is
 * accepted. A full ring refuses at the speed of `push`: those refusals are in the producers' own counters.
 */
import type { EventFault } from '../../errors.js';

/** What can be wrong with an event. */
const faults = {
  type: true,
  range: true,
  missing: true,
  unknown: true,
  too_large: true,
  not_serializable: true,
  reentrant: true,
  shard: true,
} satisfies Record<EventFault, true>;

/** Why an event was refused, apart from a full ring. */
export type RefusalReason =
  /** The flow, or the producer, is closed. */
  | 'closed'
  /** The signal of a call that waited for room has aborted. */
  | 'aborted'
  /** The time of such a call was up. */
  | 'timeout'
  /** As many calls wait as may (`maxPendingWrites`). */
  | 'capacity'
  | EventFault;

const reasons: readonly RefusalReason[] = [
  'closed',
  'aborted',
  'timeout',
  'capacity',
  ...(Object.keys(faults) as EventFault[]),
];

export class Refusals {
  readonly #cells: BigInt64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new BigInt64Array(memory);
  }

  static createMemory(): SharedArrayBuffer {
    return new SharedArrayBuffer(reasons.length * BigInt64Array.BYTES_PER_ELEMENT);
  }

  count(reason: RefusalReason): void {
    Atomics.add(this.#cells, reasons.indexOf(reason), 1n);
  }

  read(): Record<RefusalReason, number> {
    return Object.fromEntries(
      reasons.map((reason, i) => [reason, Number(Atomics.load(this.#cells, i))]),
    ) as Record<RefusalReason, number>;
  }
}
