/**
 * The step "report" of a batch's way: what a flusher sends to its host, the thread that created the flow.
 *
 * The host may be blocked, or gone. So no flush waits for a report, and none fails with one; only the flusher's end
 * waits until the last report has arrived.
 */
import type { FlushInfo } from '../../metrics/read/flush-info.js';
import type { SinkTold } from '../../metrics/read/sink-metrics.js';
import type { BatchData } from '../../schema/read/batch.js';
import type { FailureReport, FlusherHost } from '../protocol/flusher-task.js';

export class HostReports {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly host: Omit<FlusherHost, 'ready' | 'deliver'>) {}

  /** A flush has ended. */
  flushed(info: FlushInfo): void {
    this.#sent(this.host.flushed(info));
  }

  /** Rows were given up, or could not be put away. */
  failed(failure: FailureReport): void {
    this.#sent(this.host.failed(failure));
  }

  /** Something has happened to a batch, or to a circuit. */
  observed(message: Parameters<FlusherHost['observed']>[0]): void {
    this.#sent(this.host.observed(message));
  }

  /** The flow was stopped: rows that the ring cannot keep go to the host. */
  handedBack(schema: string, rows: BatchData): void {
    this.#sent(this.host.handedBack(schema, rows));
  }

  /** The sink was asked whether its target can be reached. @param trouble undefined: it can. */
  health(trouble: string | undefined): void {
    this.#sent(this.host.health(trouble));
  }

  /** @returns the host's receipt, for which the next snapshot waits. */
  sinkMetrics(told: SinkTold): unknown {
    return this.host.sinkMetrics(told);
  }

  /** Resolves when the last report has arrived, or has failed to. Reports arrive in order. */
  arrived(): Promise<unknown> {
    return this.#last;
  }

  #sent(receipt: unknown): void {
    this.#last = Promise.resolve(receipt).catch(() => {});
  }
}
