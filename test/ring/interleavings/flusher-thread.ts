/**
 * A flusher as the flow has one: looks, claims what is due, copies, commits; or sleeps until more is due.
 *
 * Rows are due when `flushSize` of them wait, or when a block is sealed and none is free. As no time passes
 * here, a `flushSize` of 1 stands for deadlines too.
 */
import type { BlockClaims, Sighting } from '../../../dist/src/ring/block-claims.js';
import { before } from '../../../dist/src/ring/layout.js';
import type { Parking } from '../../../dist/src/ring/parking.js';
import type { Plain } from './scenario.js';
import { forever, schemaOf, type TinyRing } from './tiny-ring.js';
import { fate, maxRows, nearHigh, subjectOf } from './witness.js';

export interface FlusherOptions {
  /** How many waiting rows are due; 1 if not given. */
  readonly flushSize?: number;
  /** How many rows of a block go into one batch; all if not given. */
  readonly room?: number;
  readonly mortal?: boolean;
  /** Settle row by row; a block's rows at once if not given. */
  readonly settlesRows?: boolean;
  /** Start when this thread has ended or died. */
  readonly after?: number;
  /** Assert that a producer's rows come in their order, also over blocks: as one flusher alone takes them. */
  readonly alone?: boolean;
  /** Give up the first claim of each block with nothing committed. */
  readonly abandons?: boolean;
  /** Wrong on purpose: let a block go, then settle it. */
  readonly finishesFirst?: boolean;
  /** Wrong on purpose: sleep without another look. */
  readonly sleepsBlindly?: boolean;
  /** Wrong on purpose: sleep although the second look says that the alarm is set too late. */
  readonly keepsLateAlarm?: boolean;
}

interface Part {
  readonly block: number;
  readonly from: number;
  readonly to: number;
  readonly subjects: readonly number[];
}

/** Add a flusher. @returns its number among the threads. */
export function addFlusher(ring: TinyRing, id: number, options: FlusherOptions = {}): number {
  const flusher = new SimulatedFlusher(ring, id, options);
  return ring.add({
    name: `flusher ${id}`,
    mortal: options.mortal ?? false,
    daemon: true,
    ...(options.after !== undefined && { after: options.after }),
    run: (plain) => flusher.run(plain),
  });
}

class SimulatedFlusher {
  readonly #claims: BlockClaims;
  readonly #parking: Parking;
  readonly #flushSize: number;

  constructor(
    readonly ring: TinyRing,
    id: number,
    readonly options: FlusherOptions,
  ) {
    this.#claims = new ring.code.BlockClaims(ring.memory, id);
    this.#parking = new ring.code.Parking(ring.memory);
    this.#flushSize = options.flushSize ?? 1;
  }

  run(plain: Plain): void {
    for (;;) {
      plain.forget();
      const total = this.#parking.total;
      const look = this.#look();
      for (const { block, ticket } of look.spent) {
        if (this.#claims.tryClaim(block, ticket)) this.#claims.finish(block);
      }
      if (!look.due) {
        this.#sleep(total, look.rowsToGo);
        continue;
      }
      const parts: Part[] = [];
      for (const seen of look.waiting) this.#copy(plain, seen, parts);
      for (const { block, to } of parts) this.#claims.taken(block, to);
      const kept = parts.filter(({ block }) => !this.#abandons(plain, block));
      if (!this.options.settlesRows) for (const { subjects } of kept) tellDelivered(plain, subjects);
      for (const part of kept) this.#settle(plain, part);
    }
  }

  #look(): { due: boolean; rowsToGo: number; waiting: Sighting[]; spent: Sighting[] } {
    const found: Sighting[] = [];
    const free = this.#claims.survey(found);
    const waiting = found.filter((seen) => seen.waiting > 0);
    const spent = found.filter((seen) => seen.waiting === 0);
    const rows = waiting.reduce((sum, seen) => sum + seen.waiting, 0);
    const due = rows >= this.#flushSize || (free === 0 && waiting.some(({ sealed }) => sealed));
    return { due, rowsToGo: rows === 0 ? 1 : this.#flushSize - rows, waiting, spent };
  }

  #sleep(total: number, rowsToGo: number): void {
    const epoch = this.#parking.announce(total, rowsToGo);
    if (this.options.sleepsBlindly) this.#parking.sleep(epoch, forever);
    else {
      const now = this.#parking.total;
      const look = this.#look();
      const late = !this.options.keepsLateAlarm && before((now + look.rowsToGo) | 0, (total + rowsToGo) | 0);
      if (!look.due && look.spent.length === 0 && !late) this.#parking.sleep(epoch, forever);
    }
    this.#parking.wake();
  }

  /** Claim a block and copy its waiting rows; they go to `parts`. */
  #copy(plain: Plain, { block, ticket, schema }: Sighting, parts: Part[]): void {
    if (!this.#claims.tryClaim(block, ticket)) return;
    const { from, to } = this.#claims.waiting(block, this.options.room ?? maxRows);
    if (to <= from) {
      this.#claims.finish(block);
      return;
    }
    const { producer, sequence } = this.#claims.origin(block);
    if (schema !== schemaOf(producer)) throw new Error(`block ${block} is taken for one of another schema`);
    const first = sequence - nearHigh;
    const subjects: number[] = [];
    for (let row = from; row < to; row++) {
      this.ring.read(plain, block, row, producer, first + row);
      subjects.push(subjectOf(producer, first + row));
    }
    // Rows of a block are delivered in order.
    if (from > 0 && !plain.told(subjectOf(producer, first + from - 1), fate.delivered | fate.dropped)) {
      throw new Error(`row ${from} of block ${block} comes before row ${from - 1}`);
    }
    if (this.options.alone && first + from > 0) {
      assertFollows(plain, subjectOf(producer, first + from - 1), parts);
    }
    parts.push({ block, from, to, subjects });
  }

  /** @returns whether the block has been let go with nothing settled. */
  #abandons(plain: Plain, block: number): boolean {
    if (!this.options.abandons || plain.told(block, fate.abandoned)) return false;
    plain.tell(block, fate.abandoned);
    this.#claims.finish(block);
    return true;
  }

  /** The batch has been delivered; or it is now, row by row. */
  #settle(plain: Plain, { block, from, to, subjects }: Part): void {
    if (this.options.settlesRows) {
      subjects.forEach((subject, i) => {
        tellDelivered(plain, [subject]);
        this.#claims.settle(block, from + i + 1);
      });
    } else if (!this.options.finishesFirst) this.#claims.settle(block, to);
    this.#claims.finish(block);
    if (this.options.finishesFirst) this.#claims.settle(block, to);
  }
}

function tellDelivered(plain: Plain, subjects: readonly number[]): void {
  for (const subject of subjects) plain.tell(subject, fate.delivered);
}

/** @throws Error when the producer's row before a block's was neither delivered nor is earlier in the batch. */
function assertFollows(plain: Plain, before: number, parts: readonly Part[]): void {
  if (plain.told(before, fate.delivered) || parts.some(({ subjects }) => subjects.includes(before))) return;
  throw new Error(`a row comes before row ${before} of an older block`);
}
