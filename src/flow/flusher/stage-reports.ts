/**
 * The events of batches as a flusher sends them to the creating thread, where the flow has an observer or a logger:
 * only those that are sampled, and no more than that thread receives.
 */
import type { ErrorStage } from '../../metrics/cells/operations.js';
import type { FlushStatus } from '../../metrics/read/flush-info.js';
import type { CircuitState } from '../../metrics/read/stats.js';
import type { ErrorReason } from '../../target-errors/meaning.js';
import { isInShare } from '../protocol/batch-share.js';
import { errorData } from '../protocol/error-data.js';
import type { StageMessage } from '../protocol/flusher-task.js';
import type { ObservedMessages } from '../shared/observed-messages.js';
import type { ObservedSettings } from '../shared/shared-flow.js';
import type { TakenBatch } from './batch-taker.js';
import type { HostReports } from './host-reports.js';

/** Failures of one batch that are told one by one: a sink may refuse each row by itself. */
const mostFailures = 100;

export class StageReports {
  constructor(
    private readonly settings: ObservedSettings,
    private readonly messages: ObservedMessages,
    private readonly reports: Pick<HostReports, 'observed'>,
    /** From 1. */
    readonly flusher: number,
  ) {}

  /** The events of one batch. */
  of(batch: TakenBatch): BatchStages {
    const fingerprint = batch.rows.firstIdentity;
    const schema = batch.rows.schema.name;
    return new BatchStages(this, schema, fingerprint, isInShare(schema, fingerprint, this.settings.ratio));
  }

  tell(message: StageMessage, isInRatio: boolean): void {
    const { all, notable, slowMs } = this.settings;
    const isNotable = message.status !== 'success' || message.durationMs >= slowMs;
    if (!all && !isInRatio && !(notable && isNotable)) return;
    if (this.messages.mayBeSent()) this.reports.observed(message);
  }

  circuit(schema: string, state: CircuitState): void {
    if (this.messages.mayBeSent()) this.reports.observed({ schema, flusher: this.flusher, circuit: state });
  }

  drop(): void {
    this.messages.drop();
  }
}

/** Follows one batch from its first attempt to its end. */
export class BatchStages {
  #attempt = 0;
  #rows = 0;
  #durationMs = 0;
  #failures = 0;
  /** Of the latest failure. */
  #reason: Pick<StageMessage, 'reason' | 'error'> = {};

  constructor(
    private readonly reports: StageReports,
    private readonly schema: string,
    private readonly batch: string,
    private readonly isInRatio: boolean,
  ) {}

  wrote(rows: number, durationMs: number, status: FlushStatus): void {
    if (this.#attempt === 0) this.#attempt = 1;
    this.#rows = rows;
    this.#durationMs = durationMs;
    if (status === 'success') this.#tell({ stage: 'execute', status, rows, durationMs });
  }

  failed(stage: ErrorStage, reason: ErrorReason, error: unknown): void {
    if (++this.#failures > mostFailures) {
      this.reports.drop();
      return;
    }
    this.#reason = { reason, error: errorData(error) };
    this.#tell({ stage, status: 'fail', rows: this.#rows, durationMs: this.#durationMs, ...this.#reason });
  }

  retried(attempt: number): void {
    this.#attempt = attempt;
    this.#tell({ stage: 'retry', status: 'retry', rows: this.#rows, durationMs: 0, ...this.#reason });
  }

  ended(rows: number, durationMs: number, status: FlushStatus): void {
    const why = status === 'fail' ? this.#reason : {};
    this.#tell({ stage: 'final', status, rows, durationMs, ...why });
  }

  #tell(message: Omit<StageMessage, 'flusher' | 'schema' | 'batch' | 'attempt'>): void {
    const { schema, batch } = this;
    const { flusher } = this.reports;
    this.reports.tell({ ...message, flusher, schema, batch, attempt: this.#attempt }, this.isInRatio);
  }
}
