/**
 * The step "report" of a batch's way, for tracing tools: diagnostics channels of flushes, published in the flusher's
 * own thread, and only to listeners.
 *
 *     batchflow:flush:start   { flow, schema, flusher, trigger, rows, id }
 *     batchflow:flush:error   the same, and reason, message, code, errorReason: once for each reason rows were given up
 *     batchflow:flush:end     the same as start, and status, durationMs
 *
 * A tool that Node loads into every thread (`node --import ./tracing.js`) receives them there.
 */
import { channel } from 'node:diagnostics_channel';
import type { FlushStatus, Trigger } from '../../metrics/read/flush-info.js';
import type { FailureReport } from '../protocol/flusher-task.js';

const start = channel('batchflow:flush:start');
const error = channel('batchflow:flush:error');
const end = channel('batchflow:flush:end');

/** What tells one flush from another; in all of its messages. */
export interface FlushMark {
  readonly flow: string;
  readonly schema: string;
  /** From 1. */
  readonly flusher: number;
  readonly trigger: Trigger;
  readonly rows: number;
  /** Counts this thread's flushes, from 1: a thread that takes a dead one's place begins anew. */
  readonly id: number;
}

/** Flushes of this thread that had a listener. */
let marked = 0;

/** Without a listener no mark is made, and nothing is published. */
export const flushChannels = {
  get haveListeners(): boolean {
    return start.hasSubscribers || end.hasSubscribers || error.hasSubscribers;
  },
  /** @returns the mark for the flush's other messages. */
  start(flush: Omit<FlushMark, 'id'>): FlushMark {
    const mark = { ...flush, id: ++marked };
    start.publish(mark);
    return mark;
  },
  error(mark: FlushMark | undefined, { reason, error: cause }: FailureReport): void {
    if (mark === undefined) return;
    const { message, code, reason: errorReason } = cause;
    error.publish({ ...mark, reason, message, code, errorReason });
  },
  end(mark: FlushMark | undefined, status: FlushStatus, durationMs: number): void {
    if (mark !== undefined) end.publish({ ...mark, status, durationMs });
  },
};
