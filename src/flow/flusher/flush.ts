/**
 * One flush: takes a batch from its claimed blocks until each row is committed, put away, or back in the ring.
 *
 *     deliver ─▶ all committed ────────────────────────────────▶ settled, reported
 *        ▲  └──▶ some failed ─▶ put away: dead letters, or the end ─▶ the same
 *        └───────── a pause ◀─────┘ could not be put away either: nothing is let go
 *
 * All calls go down, and none comes back:
 *
 *     Flush ──deliver──▶ Delivery ──write──▶ sink
 *       │                   │ copy, committed
 *       ├─end, release─▶ TakenRows ──settle──▶ ring
 *       └─failures─────▶ PutAway ──▶ DeadLetterBox, TakenRows
 */
import type { Delivery } from '../delivery/delivery.js';
import type { RowFailure } from '../delivery/delivery-contract.js';
import type { Turn } from '../delivery/turn.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import type { Suspicion, TakenBatch } from './batch-taker.js';
import type { Circuits } from './circuits.js';
import { FlushRecord, type RecordTools } from './flush-record.js';
import { type Failure, PutAway, type PutAwayTools } from './put-away.js';
import type { TakenRows } from './taken-rows.js';

/** What a flush works with; the same for every batch of a flusher. */
export interface FlushTools {
  readonly circuits: Circuits;
  readonly delivery: Delivery;
  readonly putAway: PutAwayTools;
  readonly record: RecordTools;
  /** Aborts when the flow stops. */
  readonly signal: AbortSignal;
}

/** What the sink did not take. */
type Given = Awaitable<readonly RowFailure[]>;

export class Flush {
  readonly #rows: TakenRows;
  readonly #record: FlushRecord;
  /** Whether the sink has said of a row that it never takes it. */
  #refused = false;

  constructor(
    private readonly batch: TakenBatch,
    private readonly tools: FlushTools,
    private readonly turn?: Turn,
  ) {
    this.#rows = batch.rows;
    this.#record = new FlushRecord(batch, tools.record);
  }

  /** @returns at once when the sink has stored the batch at once. */
  run(): Awaitable<void> {
    const { schema, suspicion } = this.batch;
    const circuit = this.tools.circuits.of(schema);
    let done: Awaitable<unknown>;
    try {
      if (suspicion?.half === 0) done = this.#bury(suspicion);
      else done = circuit === undefined ? this.#flush() : circuit.flush(() => this.#flush());
    } catch (error) {
      done = Promise.reject(error);
    }
    return isThenable(done) ? this.#endAfter(done) : this.#end();
  }

  async #endAfter(done: PromiseLike<unknown>): Promise<void> {
    try {
      await done;
    } catch (error) {
      this.#rows.release();
      this.turn?.pause();
      throw error;
    }
    this.#end();
  }

  #end(): void {
    this.#rows.release();
    this.turn?.pause();
    this.#record.end();
  }

  /** The sink does not get the row, as it would end this thread again. */
  async #bury({ deaths }: Suspicion): Promise<void> {
    const error = new Error(`the flusher's thread died ${deaths} times while it had this row`);
    await this.#giveUp(
      this.#rows.left.map((row) => ({
        row,
        error,
        attempts: deaths,
        reason: 'crash',
        errorReason: 'unknown',
      })),
    );
  }

  /** @returns whether the sink is well: it took a row, or said of one that it never will. At once if it took all so. */
  #flush(): Awaitable<boolean> {
    const { keyErrors } = this.batch;
    return keyErrors.size === 0 ? this.#deliver() : this.#deliverOthers(keyErrors);
  }

  /** Put rows away that must not meet the sink, then deliver the others. */
  async #deliverOthers(errors: ReadonlyMap<number, unknown>): Promise<boolean> {
    const failures = [...errors].map(
      ([row, error]): Failure => ({ row, error, attempts: 0, reason: 'fatal', errorReason: 'value' }),
    );
    await this.#putAway.untilDone(failures);
    // The sink has nothing to do with a batch of which no row is left for it.
    return this.#rows.haveEnded || (await this.#deliver());
  }

  #deliver(): Awaitable<boolean> {
    const given = this.#give();
    if (isThenable(given)) return this.#follow(given);
    // Without an answer nothing was given: the flow has stopped.
    if (given === undefined) this.#handBack();
    return this.#sinkIsWell;
  }

  get #sinkIsWell(): boolean {
    return this.#rows.anyCommitted || this.#refused;
  }

  /** Give the sink what is left, unless there is nothing, or the flow has stopped. */
  #give(): Given | undefined {
    const { delivery, signal } = this.tools;
    const { left } = this.#rows;
    if (signal.aborted || left.length === 0) return undefined;
    return delivery.deliver(this.#rows, left, this.#record, this.turn);
  }

  /** Put away what the sink did not take, and give it again what could not be. */
  async #follow(first: Given): Promise<boolean> {
    for (let given: Given | undefined = first; given !== undefined; given = this.#give()) {
      const failures = await given;
      this.#refused ||= failures.some(({ reason }) => reason === 'fatal');
      if (this.tools.signal.aborted) break;
      if (failures.length > 0) await this.#putAway.afterDelivery(failures);
    }
    this.#handBack();
    return this.#sinkIsWell;
  }

  /** Put rows away that the sink does not get. */
  async #giveUp(failures: readonly Failure[]): Promise<void> {
    await this.#putAway.untilDone(failures);
    this.#handBack();
  }

  /** Made when it is needed: most batches have no failures. */
  get #putAway(): PutAway {
    return new PutAway(this.#rows, this.#record, this.tools.putAway, this.turn);
  }

  /** The flow has stopped. Where rows behind them have ended, the ring cannot tell the rest from them. */
  #handBack(): void {
    const rows = this.#rows;
    if (!rows.haveEnded) rows.askListener();
    const left = rows.outOfOrder;
    if (left.length === 0) return;
    this.#record.handedBack(rows.copy(left).data);
    // The ring takes them for settled: each `committed()` that waits for them must reject.
    rows.logGivenUp(left, 'not delivered: the flow was stopped');
    rows.end(left, 'handedBack');
  }
}
