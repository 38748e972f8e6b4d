/**
 * What the creating thread and a source's thread say to each other. Units and rows never go this way.
 */
import type { MessagePort } from 'node:worker_threads';
import type { SinkTold } from '../../metrics/read/sink-metrics.js';
import type { SourceSettings } from '../config/source-settings.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import type { ErrorData } from './error-data.js';
import type { FailureReport } from './flusher-task.js';

/** Posted to a pool thread: run the source until it or the flow ends. */
export interface SourceTask {
  readonly shared: SharedFlow;
  readonly settings: SourceSettings;
  /** The source calls `SourceHost` through this port, … */
  readonly hostPort: MessagePort;
  /** … and the host calls `SourceControl` through this one. */
  readonly controlPort: MessagePort;
}

/** How a source's task ended, when its thread did not die. */
export type SourceResult =
  /** `exhausted`: the source has no more, and each of its units was acknowledged. */
  { readonly ended: 'exhausted' | 'finished' } | { readonly notOpened: ErrorData };

/** What a source's thread tells its host. */
export interface SourceHost {
  /** The source is open. */
  ready(): void;
  /** It takes no more units, and all rows of those that it has taken are published. */
  quiet(): void;
  /** The source's code has thrown something, or tells of it. @param what the call that threw it. */
  trouble(what: string | undefined, error: ErrorData): void;
  /** Inputs became dead letters, or could not. */
  failed(failure: FailureReport): void;
  /** Values of metrics that the source has registered. */
  sinkMetrics(told: SinkTold): void;
}

/** What a host tells a source's thread. */
export interface SourceControl {
  /** Take no more units. */
  finish(): void;
  /** The flow has stopped: what has not been acknowledged is handed back. */
  stop(): void;
}
