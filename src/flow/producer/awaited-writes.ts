/**
 * `write` and `send`: one event each, which waits for room where the ring is full. A call of `write` ends with the
 * event's commit, and a call of `send` when the event was accepted.
 *
 *     the ring has room ─▶ accepted ──▶ send resolves ──▶ committed, or given up ─▶ write resolves, or rejects
 *     the ring is full  ─▶ wait in line ──▲
 *
 * Calls that wait for room are served in their order. Policies that drop never wait.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CapacityError, ConfigError, FlowClosedError, WaitTimeoutError } from '../../errors.js';
import type { Refusals } from '../../metrics/cells/refusals.js';
import type { WaitOptions } from '../api/producer.js';
import { droppedText } from '../shared/row-log.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { checkWait } from '../waiting/wait-options.js';
import { Waiter } from '../waiting/waiter.js';
import type { BlockWriter } from './block-writer.js';
import type { CommitWatch } from './commit-watch.js';
import type { OwnSlot } from './own-slot.js';
import type { Room } from './room.js';

/** A call that waits for room. */
interface InLine {
  readonly event: unknown;
  readonly waiter: Waiter;
  /** Whether the call ends with the commit. */
  readonly commit: boolean;
}

/** The parts of the producer whose events these are. */
export interface WriteParts {
  readonly slot: OwnSlot;
  readonly block: BlockWriter;
  readonly commits: CommitWatch;
  readonly room: Room;
  /** Whether a push may find room; throws when none will come. */
  readonly hasRoom: () => boolean;
  readonly refusals: Refusals;
}

export class AwaitedWrites {
  readonly #line = new Set<InLine>();
  readonly #drops: boolean;
  /** Ends the wait for room of those in line; undefined while none is. */
  #serving: AbortController | undefined;

  constructor(
    private readonly shared: SharedFlow,
    private readonly parts: WriteParts,
  ) {
    this.#drops = shared.onFull.startsWith('drop');
  }

  /** @throws FlushError, EventError, CapacityError, FlowClosedError, WaitTimeoutError (all by the promise) */
  write(event: unknown, options: WaitOptions | undefined): Promise<void> {
    return this.#begin(event, options, true);
  }

  /** @throws EventError, CapacityError, FlowClosedError, WaitTimeoutError (all by the promise) */
  send(event: unknown, options: WaitOptions | undefined): Promise<void> {
    return this.#begin(event, options, false);
  }

  /** Calls that wait for room get none any more. */
  close(): void {
    this.#endLine(new FlowClosedError(this.shared.name));
  }

  #begin(event: unknown, given: WaitOptions | undefined, commit: boolean): Promise<void> {
    try {
      const options = given === undefined ? undefined : this.#checked(given);
      if (commit) this.#assertPlace();
      if (commit) this.parts.commits.expectRow();
      // Reading an event that is checked may open a place for it, and then it is accepted.
      const accepted = this.#line.size > 0 ? this.parts.block.check(event) : this.#accept(event, commit);
      if (accepted) {
        if (!commit) return Promise.resolve();
        const waiter = new Waiter(options, noRoomWithin, leftAlready);
        this.#awaitLast(waiter);
        return waiter.promise;
      }
      if (!commit) this.#assertPlace();
      return this.#standInLine(event, options, commit);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @returns whether the event was accepted; false when the ring is full.
   * @throws FlushError when a policy has accepted and dropped it, and its commit is waited for.
   */
  #accept(event: unknown, commit: boolean): boolean {
    const { slot, block, commits } = this.parts;
    if (!this.#drops) return block.offer(event);
    const { dropped } = slot;
    block.compiled.push(event);
    // Reading the event may have pushed others, which came before it.
    const isLast = slot.droppedAt === slot.sequence + block.unpublished;
    if (!commit || slot.dropped === dropped || !isLast) return true;
    throw commits.rowError({ deadLettered: false, message: droppedText });
  }

  #awaitLast(waiter: Waiter): void {
    const { block, commits } = this.parts;
    commits.awaitLast(block.row, waiter);
    block.want();
  }

  #standInLine(event: unknown, options: WaitOptions | undefined, commit: boolean): Promise<void> {
    let reason: 'aborted' | 'timeout' = 'aborted';
    const late = (ms: number) => {
      reason = 'timeout';
      return noRoomWithin(ms);
    };
    const waiter = new Waiter(options, late, () => {
      this.parts.refusals.count(reason);
      this.#line.delete(call);
      if (this.#line.size === 0) this.#stopServing();
    });
    const call = { event, waiter, commit };
    this.#line.add(call);
    // Rows that are not published keep a block from being freed.
    this.parts.block.publish();
    if (this.#serving === undefined) void this.#serve();
    return waiter.promise;
  }

  async #serve(): Promise<void> {
    const { room, hasRoom } = this.parts;
    const serving = new AbortController();
    this.#serving = serving;
    try {
      // A line that ended and began again meanwhile is served by another call.
      while (!serving.signal.aborted && this.#line.size > 0) {
        await room.wait(hasRoom, { signal: serving.signal });
        // Others wait for the same room, and were faster: their turn, before the next try.
        if (!this.#serveWhileRoom()) await nextTurn();
      }
      if (this.#serving === serving) this.#serving = undefined;
    } catch (error) {
      if (!serving.signal.aborted) this.#endLine(error);
    }
  }

  /** @returns whether no call is left in line. */
  #serveWhileRoom(): boolean {
    for (const call of this.#line) {
      const { event, waiter, commit } = call;
      try {
        if (commit) this.parts.commits.expectRow();
        if (!this.parts.block.offer(event)) return false;
        this.#line.delete(call);
        // Reading the event may have ended the call.
        if (commit && !waiter.ended) this.#awaitLast(waiter);
        else waiter.succeed();
      } catch (error) {
        this.#line.delete(call);
        waiter.fail(error);
      }
    }
    return true;
  }

  #endLine(error: unknown): void {
    for (const { waiter } of this.#line) {
      this.parts.refusals.count('closed');
      waiter.fail(error);
    }
    this.#line.clear();
    this.#stopServing();
  }

  #stopServing(): void {
    this.#serving?.abort();
    this.#serving = undefined;
  }

  /** @throws ConfigError; the reason of a signal that has aborted. */
  #checked(options: WaitOptions): WaitOptions {
    try {
      return checkWait(options);
    } catch (error) {
      if (!(error instanceof ConfigError)) this.parts.refusals.count('aborted');
      throw error;
    }
  }

  #assertPlace(): void {
    const { maxPendingWrites, name } = this.shared;
    if (this.#line.size + this.parts.commits.rows < maxPendingWrites) return;
    this.parts.refusals.count('capacity');
    throw new CapacityError(`${maxPendingWrites} writes of a producer of "${name}" wait (maxPendingWrites)`);
  }
}

function noRoomWithin(ms: number): WaitTimeoutError {
  return new WaitTimeoutError(`no room within ${ms} ms`);
}

function leftAlready(): void {}
