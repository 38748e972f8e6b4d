/**
 * Waits until rows that a producer pushed are committed, and knows which of them were given up.
 *
 * All calls that wait share one sleep on shared memory: at each signal of settled rows, those whose rows are settled
 * are answered.
 */
import { FlowClosedError, FlushError, WaitTimeoutError } from '../../errors.js';
import type { CommittedOptions, ProducerPosition, RowRange } from '../api/producer.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { droppedText, type FailedRows, RowLog } from '../shared/row-log.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { StoredBefore } from '../shared/stored-before.js';
import { comesTrue } from '../waiting/until.js';
import { Waiter } from '../waiting/waiter.js';
import type { ProducerViews } from './producer-views.js';
import { type AwaitedRow, type AwaitedRows, UnsettledBlocks } from './unsettled-blocks.js';

/** What a call of `committed()` waits for. */
interface PendingCommit {
  readonly waiter: Waiter;
  readonly from: ProducerPosition;
  readonly to: ProducerPosition;
  /** Whether its answer is the next call's `from`. */
  readonly marks: boolean;
}

export class CommitWatch {
  readonly #givenUp: RowLog;
  readonly #storedBefore: StoredBefore;
  readonly #settings: LiveSettings;
  readonly #blocks: UnsettledBlocks;
  /** Calls of `committed()` without an answer, in their order. */
  readonly #commits = new Set<PendingCommit>();
  /** Number of single rows that callers wait for. */
  #rows = 0;
  /** How far the log has been read for these. */
  #read = 0;
  #watching = false;
  /** The position of the last `committed()` that came to an answer. */
  #mark: ProducerPosition;

  constructor(
    private readonly shared: SharedFlow,
    private readonly schema: string,
    private readonly views: ProducerViews,
  ) {
    this.#givenUp = new RowLog(shared.givenUp);
    this.#storedBefore = new StoredBefore(shared.storedBefore);
    this.#settings = new LiveSettings(shared.settings);
    this.#blocks = new UnsettledBlocks(views);
    this.#mark = this.position(0);
  }

  /** How far the producer has come. @param unpublished rows of the group. */
  position(unpublished: number): ProducerPosition {
    const { slot } = this.views;
    return {
      sequence: slot.sequence + unpublished,
      dropped: slot.dropped,
      logged: this.#givenUp.logged(slot.number),
      storedBefore: this.#storedBefore.logged(slot.number),
    };
  }

  /** Rows up to `to` and after `since` that the target had already; undefined where that cannot be told. */
  duplicatesAtTarget(since: ProducerPosition, to: ProducerPosition): readonly RowRange[] | undefined {
    const { number } = this.views.slot;
    return this.#storedBefore.between(number, since.sequence, to.sequence, since.storedBefore);
  }

  /** Number of single rows that callers wait for. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether every row that is published has been settled. */
  get isDone(): boolean {
    return this.#blocks.look() === this.views.slot.sequence;
  }

  /** Remember the block that is about to be sealed. */
  sealing(): void {
    // What is committed is forgotten now and then, so that the list cannot outgrow the ring.
    if (this.#blocks.count >= 2 * this.shared.ring.blocks) this.#blocks.look();
    this.#blocks.sealing();
  }

  /**
   * Resolves when all rows pushed so far, which are published, are committed.
   *
   * @throws FlowClosedError when the flow stops before that, or its creating thread has ended.
   * @throws FlushError when some of them, after `since` or after the last call that came to an answer, were given up.
   */
  async committed(options: CommittedOptions): Promise<void> {
    const { since, timeoutMs } = options;
    const asked = { from: since ?? this.#mark, to: this.position(0), marks: since === undefined };
    if (this.#settings.abandoned) throw new FlowClosedError(this.shared.name);
    if (this.isDone) {
      const error = this.#answer(asked);
      if (error !== undefined) throw error;
      return;
    }
    if (timeoutMs !== undefined && timeoutMs <= 0) throw notCommittedWithin(timeoutMs);
    const waiter = new Waiter(options, notCommittedWithin, () => {
      this.#commits.delete(commit);
      this.#endIfIdle();
    });
    const commit = { ...asked, waiter };
    this.#commits.add(commit);
    this.#watch();
    await waiter.promise;
  }

  /** A row is about to be accepted that `awaitLast` is for: the row may be published and given up before that call. */
  expectRow(): void {
    // What was logged before the first of these rows is of others.
    if (this.#rows === 0) this.#read = this.#givenUp.logged(this.views.slot.number);
  }

  /**
   * Answer a caller when the row that was accepted last, after `expectRow`, is committed or given up.
   *
   * @param row its place in the open block.
   */
  awaitLast(row: number, waiter: Waiter): void {
    waiter.left = this.#rowLeft;
    waiter.late = notCommittedWithin;
    this.#blocks.awaitLast(row, waiter);
    this.#rows++;
    this.#watch();
  }

  /**
   * Remember rows that end together, from row number `from` up to the last accepted one; `takeSettledRows` hands them
   * out.
   *
   * @param to the number that the next row gets.
   */
  awaitRows(from: number, to: number, of: AwaitedRows): void {
    this.#blocks.awaitRows(from, to, of);
  }

  /** Look how far rows are settled, and hand out those of `awaitRows` that are. */
  takeSettledRows(end: (of: AwaitedRows) => void): void {
    this.#blocks.look();
    this.#blocks.takeSettledRows(end);
  }

  /** The error of a single row that was given up. */
  rowError({ deadLettered, message }: Omit<FailedRows, 'first' | 'count'>): FlushError {
    const failed = [{ first: 0, count: 1, deadLettered, message }];
    return new FlushError(this.schema, 1, { cause: new Error(message), failed, deadLettered });
  }

  readonly #rowLeft = (): void => {
    this.#rows--;
    this.#endIfIdle();
  };

  /** Let the watch see that no call waits any more: its sleep would keep the process alive. */
  #endIfIdle(): void {
    if (this.#isIdle) this.views.progress.done.signal();
  }

  get #isIdle(): boolean {
    return this.#rows === 0 && this.#commits.size === 0;
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    void comesTrue(this.views.progress.done, () => this.#settle(), {});
  }

  /** Answer the calls whose rows are settled; all of them when the flow has stopped. @returns whether none waits. */
  #settle(): boolean {
    // ORDER: the state before the look: rows that were settled before the flow stopped are seen as settled.
    const stopped = this.#settings.state === flowState.stopped;
    const upTo = this.#blocks.look();
    if (this.#rows > 0) this.#settleRows();
    for (const commit of this.#commits) {
      if (commit.to.sequence > upTo) break;
      this.#commits.delete(commit);
      answer(commit.waiter, this.#answer(commit));
    }
    if (stopped) this.#rejectAll(new FlowClosedError(this.shared.name));
    this.#watching = !this.#isIdle;
    return !this.#watching;
  }

  #settleRows(): void {
    const logged = this.#givenUp.after(this.views.slot.number, this.#read);
    this.#read = logged.next;
    this.#blocks.note(logged);
    this.#blocks.takeSettled((row) => this.#endRow(row, row.failure && this.rowError(row.failure)));
  }

  #endRow({ waiter }: AwaitedRow, error: Error | undefined): void {
    // Its limit may have ended it before.
    if (waiter.ended) return;
    this.#rows--;
    answer(waiter, error);
  }

  #rejectAll(error: Error): void {
    this.#blocks.takeAll((row) => this.#endRow(row, error));
    for (const { waiter } of this.#commits) waiter.fail(error);
    this.#commits.clear();
  }

  /** @returns the error, when rows between the two positions were given up. */
  #answer({ from, to, marks }: Omit<PendingCommit, 'waiter'>): FlushError | undefined {
    // A call may be answered at once while an earlier one still waits for its turn.
    if (marks && accepted(to) >= accepted(this.#mark)) this.#mark = to;
    const dropped = to.dropped - from.dropped;
    const { number } = this.views.slot;
    const { known, unknown } = this.#givenUp.between(number, from.sequence, to.sequence, from.logged);
    const rows = dropped + unknown + known.reduce((sum, { count }) => sum + count, 0);
    if (rows === 0) return undefined;
    const cause = new Error(known[0]?.message ?? (dropped > 0 ? droppedText : 'given up'));
    const deadLettered = dropped + unknown === 0 && known.every((failed) => failed.deadLettered);
    return new FlushError(this.schema, rows, { cause, failed: known, deadLettered });
  }
}

/** Rows that a producer has accepted up to a position, those included that were dropped at once. */
function accepted({ sequence, dropped }: ProducerPosition): number {
  return sequence + dropped;
}

function notCommittedWithin(ms: number): WaitTimeoutError {
  return new WaitTimeoutError(`not committed within ${ms} ms; that may still happen`);
}

/** @param error undefined where the rows are committed. */
function answer(waiter: Waiter, error: Error | undefined): void {
  if (error === undefined) waiter.succeed();
  else waiter.fail(error);
}
