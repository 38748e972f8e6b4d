/**
 * Records one flush from its start to its end: meters, counts of errors, tracing events, and the report to the creating
 * thread.
 */
import type { GiveUpReason } from '../../errors.js';
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { type ErrorType, type FlusherMeters, metersOf } from '../../metrics/cells/meters.js';
import type { ErrorStage } from '../../metrics/cells/operations.js';
import type { FlushStatus, WriteInfo } from '../../metrics/read/flush-info.js';
import type { BatchData } from '../../schema/read/batch.js';
import type { ErrorReason } from '../../target-errors/meaning.js';
import type { DeliveryObserver } from '../delivery/delivery-contract.js';
import type { SinkSnapshots } from '../delivery/sink-snapshots.js';
import type { ErrorData } from '../protocol/error-data.js';
import { now } from '../waiting/clock.js';
import type { TakenBatch } from './batch-taker.js';
import { type FlushMark, flushChannels } from './flush-channels.js';
import type { HostReports } from './host-reports.js';
import type { BatchStages, StageReports } from './stage-reports.js';

/** What flushes are recorded with; the same for every batch of a flusher. */
export interface RecordTools {
  readonly flow: string;
  /** From 1. */
  readonly flusher: number;
  readonly counters: Counters<typeof flusherCell>;
  /** By schema. */
  readonly meters: readonly FlusherMeters[];
  /** Notified of the end of each write. */
  readonly snapshots: Pick<SinkSnapshots, 'changed'>;
  readonly reports: HostReports;
  /** Undefined without an observer and a logger. */
  readonly stages: StageReports | undefined;
}

/** Of an outage that lasts, a flush reports the beginning. */
const most = 1000;

export class FlushRecord implements DeliveryObserver {
  /** Milliseconds since the epoch. */
  readonly beganAt = Date.now();
  readonly #began = now();
  readonly #meters: FlusherMeters;
  readonly #writes: WriteInfo[] = [];
  readonly #errors: ErrorType[] = [];
  /** Undefined without a listener. */
  readonly #mark: FlushMark | undefined;
  /** Undefined without an observer and a logger. */
  readonly #stages: BatchStages | undefined;
  /** Whether rows were given up, could not be put away, or were handed back. */
  #gaveUp = false;
  /** Whether it holds rows that the dead letters did not take at the last try. */
  #unkept = false;

  constructor(
    private readonly batch: TakenBatch,
    private readonly tools: RecordTools,
  ) {
    this.#meters = metersOf(tools.meters, batch.schema);
    this.#stages = tools.stages?.of(batch);
    if (!flushChannels.haveListeners) return;
    const { rows, trigger } = batch;
    const { flow, flusher } = tools;
    const schema = rows.schema.name;
    this.#mark = flushChannels.start({ flow, schema, flusher, trigger, rows: rows.length });
  }

  retried(attempt: number): void {
    this.#stages?.retried(attempt);
    this.tools.counters.add('retries', 1);
  }

  wrote(rows: number, durationMs: number, status: FlushStatus, endedAt: number): void {
    if (status === 'success') this.#flushed(endedAt);
    this.#stages?.wrote(rows, durationMs, status);
    this.#meters.written(rows);
    this.#meters.observe(status === 'success' ? 'executeSuccess' : 'executeFail', durationMs / 1000);
    if (this.#writes.length < most) this.#writes.push({ rows, durationMs, status });
    this.tools.snapshots.changed();
  }

  failed(type: ErrorType, reason: ErrorReason, stage: ErrorStage, error: unknown): void {
    this.#stages?.failed(stage, reason, error);
    this.#meters.countError(stage, type, reason);
    if (this.#errors.length < most) this.#errors.push(type);
  }

  /** Rows are about to be given up. */
  givesUp(): void {
    this.#flushed(now());
  }

  /** Rows were given up for one reason, or could not be. */
  gaveUp(rows: number, error: ErrorData, reason: GiveUpReason, deadLettered: boolean): void {
    this.#gaveUp = true;
    if (reason === 'crash') this.failed('crash', error.reason ?? 'unknown', 'execute', error);
    if (reason === 'dead-letters') this.failed('dead_letters', error.reason ?? 'unknown', 'execute', error);
    const failure = { schema: this.batch.rows.schema.name, rows, reason, deadLettered, error };
    this.tools.reports.failed(failure);
    flushChannels.error(this.#mark, failure);
  }

  /** The dead letters were tried. @param unkept whether rows are left that they did not take. */
  putAway(unkept: boolean): void {
    if (unkept === this.#unkept) return;
    this.#unkept = unkept;
    this.tools.counters.add('unkept', unkept ? 1 : -1);
  }

  /** Rows that the ring cannot keep go to the host, since the flow was stopped. */
  handedBack(rows: BatchData): void {
    this.#gaveUp = true;
    this.tools.reports.handedBack(this.batch.rows.schema.name, rows);
  }

  /** Before rows are settled: a reader that finds rows committed finds when. @param at on the clock. */
  #flushed(at: number): void {
    this.tools.counters.set('lastFlush', Math.round(this.beganAt + at - this.#began));
  }

  /** The flush has ended. The host hears of it where it listened. */
  end(): void {
    this.putAway(false);
    const { rows, trigger, waitedMs, assembleMs } = this.batch;
    const { flusher, reports } = this.tools;
    const status: FlushStatus = this.#gaveUp || !rows.haveEnded ? 'fail' : 'success';
    const durationMs = now() - this.#began;
    this.#meters.observe(status === 'success' ? 'processSuccess' : 'processFail', durationMs / 1000);
    flushChannels.end(this.#mark, status, durationMs);
    this.#stages?.ended(rows.length, durationMs, status);
    if (!rows.listened) return;
    reports.flushed({
      schema: rows.schema.name,
      rows: rows.length,
      skipped: rows.skipped,
      trigger,
      flusher,
      status,
      waitedMs,
      assembleMs,
      durationMs,
      writes: this.#writes,
      errors: this.#errors,
    });
  }
}
