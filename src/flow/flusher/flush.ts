/**
 * One flush: the rows of a batch from the moment they are taken until each is committed, kept as a dead letter,
 * dropped and reported, or back in the ring.
 *
 *     deduplicate ─▶ deliver ─▶ all committed
 *                       ▲  └──▶ some failed ─▶ dead letters ─▶ kept
 *                       └───────── a pause ◀─────┘ could not be written either: nothing is let go
 *
 * All calls go down, and none comes back:
 *
 *     Flush ──deliver──▶ Delivery ──write──▶ sink
 *       │                   │ copy, committed
 *       └──end──────────▶ TakenRows ──settle──▶ ring
 */
import { setTimeout } from 'node:timers/promises';
import type { GiveUpReason } from '../../errors.js';
import type { FlushStatus } from '../../metrics/read/flush-info.js';
import type { Batch } from '../../schema/read/batch.js';
import { type DeadReason, letterOf } from '../delivery/dead-letter.js';
import type { DeadLetterBox } from '../delivery/dead-letter-box.js';
import type { Delivery } from '../delivery/delivery.js';
import type { RowFailure } from '../delivery/delivery-contract.js';
import { type ErrorData, errorData } from '../protocol/error-data.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';
import type { Suspicion } from './batch-taker.js';
import { type FlushMark, flushChannels } from './flush-channels.js';
import type { FlushRecord } from './flush-record.js';
import type { HostReports } from './host-reports.js';
import { missing } from './row-numbers.js';
import type { TakenRows } from './taken-rows.js';

/** What a flush works with; the same for every batch of a flusher. */
export interface FlushTools {
  readonly flow: string;
  readonly delivery: Delivery;
  /** Undefined: what is given up is dropped. */
  readonly deadLetters: DeadLetterBox | undefined;
  /** Which rows of a batch to keep; undefined for all. */
  readonly dedupe: (batch: Batch) => number[] | undefined;
  /** The pause before rows are tried again that could be put nowhere. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  readonly reports: HostReports;
}

/** What the sink did not take. */
type Given = Awaitable<readonly RowFailure[]>;
type Failure = Omit<RowFailure, 'reason'> & { reason: DeadReason };

export class Flush {
  readonly #began = Date.now();
  /** Whether the sink has said of a row that it never takes it. */
  #refused = false;
  /** Whether rows were given up, or handed back. */
  failed = false;

  constructor(
    private readonly rows: TakenRows,
    private readonly tools: FlushTools,
    private readonly record: FlushRecord,
    /** Undefined without a listener. */
    private readonly mark?: FlushMark,
  ) {}

  /** What tools that trace are told at its end. */
  get status(): FlushStatus {
    return this.failed || this.rows.left.length > 0 ? 'fail' : 'success';
  }

  /** @returns whether the sink is well: it took a row, or said of one that it never will. At once if it took all so. */
  run(): Awaitable<boolean> {
    const { rows, tools } = this;
    let kept: number[] | undefined;
    try {
      kept = tools.dedupe(rows.first);
    } catch (error) {
      return this.#giveUp(rows.left.map((row) => ({ row, error, attempts: 0, reason: 'fatal' }))).then(
        () => true,
      );
    }
    if (kept !== undefined) rows.end(missing(kept, rows.length), 'duplicates');
    const delivered = this.#deliver();
    return isThenable(delivered) ? delivered.then(() => this.#sinkIsWell) : this.#sinkIsWell;
  }

  get #sinkIsWell(): boolean {
    return this.rows.anyCommitted || this.#refused;
  }

  /** The sink does not get the row, as it would end this thread again. */
  async bury({ deaths }: Suspicion): Promise<void> {
    const error = new Error(`the flusher's thread died ${deaths} times while it had this row`);
    await this.#giveUp(this.rows.left.map((row) => ({ row, error, attempts: deaths, reason: 'crash' })));
  }

  /** @returns nothing when the sink has stored all that was left at once. */
  #deliver(): Awaitable<void> {
    const given = this.#give();
    if (given === undefined) this.#handBack();
    else if (isThenable(given)) return this.#follow(given);
  }

  /** Give the sink what is left, unless there is nothing, or the flow has stopped. */
  #give(): Given | undefined {
    const { rows, tools } = this;
    const { left } = rows;
    if (tools.signal.aborted || left.length === 0) return undefined;
    return tools.delivery.deliver(rows, left, this.record);
  }

  /** Put away what the sink did not take, and give it again what could not be. */
  async #follow(first: Given): Promise<void> {
    for (let given: Given | undefined = first; given !== undefined; given = this.#give()) {
      const failures = await given;
      this.#refused ||= failures.some(({ reason }) => reason === 'fatal');
      if (this.tools.signal.aborted) break;
      // Whether the sink has these nobody knows: they are not written again, whatever the dead letters say.
      const unclear = failures.filter(({ reason }) => reason === 'answer');
      if (unclear.length > 0) await this.#giveUp(unclear);
      else if (failures.length > 0) await this.#putAway(failures);
    }
    this.#handBack();
  }

  /** Until they are put away: a target that is down may be up again before its dead letters are. */
  async #giveUp(failures: readonly Failure[]): Promise<void> {
    while (!this.tools.signal.aborted && !(await this.#putAway(failures))) {
      const left = new Set(this.rows.left);
      failures = failures.filter(({ row }) => left.has(row));
    }
    this.#handBack();
  }

  /** Dead letters, or where there are none, the end. @returns whether all rows have ended. */
  async #putAway(failures: readonly Failure[]): Promise<boolean> {
    const { rows, tools } = this;
    const end = (given: readonly Failure[], ending: 'deadLettered' | 'failed') => {
      for (const group of grouped(given)) {
        const numbers = group.map(({ row }) => row);
        const { error, reason } = group[0] as Failure;
        const data = errorData(error);
        rows.logGivenUp(numbers, data.message, ending === 'deadLettered');
        rows.end(numbers, ending);
        this.#report(numbers.length, data, reason, ending === 'deadLettered');
      }
    };
    if (tools.deadLetters === undefined) {
      end(failures, 'failed');
      return true;
    }
    const sorted = [...failures].sort((a, b) => a.row - b.row);
    const letters = this.#letters(sorted);
    const unkept = await tools.deadLetters.put(letters, (kept) =>
      end(
        kept.map((i) => sorted[i] as Failure),
        'deadLettered',
      ),
    );
    if (unkept.length === 0 || tools.signal.aborted) return unkept.length === 0;
    this.#report(unkept.length, errorData(unkept[0]?.error), 'dead-letters', false);
    await setTimeout(tools.pauseMs, undefined, { signal: tools.signal }).catch(() => {});
    return false;
  }

  #letters(failures: readonly Failure[]) {
    const batch = this.rows.copy(failures.map(({ row }) => row));
    return failures.map(({ error, reason, attempts }, i) =>
      letterOf({
        flow: this.tools.flow,
        schema: this.rows.schema,
        row: batch.row(i),
        reason,
        error: errorData(error),
        attempts,
        firstTriedAt: this.#began,
        failedAt: Date.now(),
      }),
    );
  }

  #report(rows: number, error: ErrorData, reason: GiveUpReason, deadLettered: boolean): void {
    this.failed = true;
    if (reason === 'crash') this.record.failed('crash');
    if (reason === 'dead-letters') this.record.failed('dead_letters');
    const report = { schema: this.rows.schema.name, rows, reason, deadLettered, ...error };
    this.tools.reports.failed(report);
    flushChannels.error(this.mark, report);
  }

  /** The flow has stopped. Where rows behind them have ended, the ring cannot tell the rest from them. */
  #handBack(): void {
    if (this.rows.left.length > 0) this.rows.askListener();
    const left = this.rows.outOfOrder;
    if (left.length === 0) return;
    this.failed = true;
    this.tools.reports.handedBack(this.rows.schema.name, this.rows.copy(left).data);
    // The ring takes them for settled: whoever waits for them must not.
    this.rows.logGivenUp(left, 'not delivered: the flow was stopped');
    this.rows.end(left, 'handedBack');
  }
}

/** Failures by their reason and error, each group in the order of rows. */
function grouped(failures: readonly Failure[]): Failure[][] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const { message, code } = errorData(failure.error);
    const key = JSON.stringify([failure.reason, code, message]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [failure]);
    else group.push(failure);
  }
  return [...groups.values()];
}
