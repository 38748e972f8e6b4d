/**
 * What is told of one flush that has ended: to listeners of `flush`, and to reporters that want each flush.
 */
import type { ErrorType } from '../cells/meters.js';
import type { FlowStats } from './stats.js';

/** What set a flush off. */
export type Trigger = keyof FlowStats['batches'];

/** `fail`: rows were given up, or went back when the flow stopped. */
export type FlushStatus = 'success' | 'fail';

/** One attempt of the sink's `write`. */
export interface WriteInfo {
  readonly rows: number;
  readonly durationMs: number;
  readonly status: FlushStatus;
}

export interface FlushInfo {
  readonly schema: string;
  /** Rows taken out of the ring, duplicates included. */
  readonly rows: number;
  /** Of the rows that were committed, those that the target had already. */
  readonly skipped: number;
  readonly trigger: Trigger;
  /** From 1. */
  readonly flusher: number;
  readonly status: FlushStatus;
  /** From the publish of the first row until it was taken. */
  readonly waitedMs: number;
  /** Claiming the blocks and copying the rows. */
  readonly assembleMs: number;
  /** From the moment the batch was taken until each of its rows had ended, retries included. */
  readonly durationMs: number;
  /** At most the first 1000. */
  readonly writes: readonly WriteInfo[];
  /** At most the first 1000: failed attempts, and failures to keep rows, by what they mean. */
  readonly errors: readonly ErrorType[];
}
