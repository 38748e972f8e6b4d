/**
 * What the creating thread and a flusher's thread say to each other: the task that starts it, and two
 * small interfaces that Comlink carries. Batches and the flow's own statistics never go this way.
 */
import type { MessagePort } from 'node:worker_threads';
import type { GiveUpReason } from '../../errors.js';
import type { ErrorStage } from '../../metrics/cells/operations.js';
import type { FlushInfo } from '../../metrics/read/flush-info.js';
import type { SinkTold } from '../../metrics/read/sink-metrics.js';
import type { CircuitState } from '../../metrics/read/stats.js';
import type { BatchData } from '../../schema/read/batch.js';
import type { BatchEvent, BatchStage } from '../api/observing.js';
import type { FlusherSettings } from '../config/flusher-settings.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import type { ErrorData, ThrownData } from './error-data.js';

/** Posted to a pool thread: run this flusher until the flow ends. */
export interface FlusherTask {
  /** The ring that it empties, with what belongs to it. */
  readonly shared: SharedFlow;
  /** All rings of the flow: the first flusher tunes settings for all. */
  readonly shards: FlowMemory['shards'];
  /** From 1. */
  readonly flusher: number;
  readonly settings: FlusherSettings;
  /** The flusher's place at the flow's limit on flushes; undefined without a limit. */
  readonly place: number | undefined;
  /** The flusher calls `FlusherHost` through this port, … */
  readonly hostPort: MessagePort;
  /** … and the host calls `FlusherControl` through this one. */
  readonly controlPort: MessagePort;
}

/** How a flusher's task ended, when it did not crash. */
export type FlusherResult =
  | { readonly ended: true }
  /** `what` names the sink. */
  | { readonly notOpened: ErrorData; readonly what: string }
  | { readonly notClosed: ErrorData };

/** Rows of a batch that were given up for one reason, or could not be. */
export interface FailureReport {
  readonly error: ErrorData;
  readonly schema: string;
  readonly rows: number;
  readonly reason: GiveUpReason;
  readonly deadLettered: boolean;
}

/** What has happened to a batch in its flusher. */
export interface StageMessage extends Omit<BatchEvent, 'flow' | 'backend' | 'operation' | 'stage'> {
  readonly stage: Exclude<BatchStage, 'validate'> | ErrorStage;
  readonly flusher: number;
  readonly batch: string;
}

/** A flusher's circuit of one schema has another state. */
export interface CircuitChange {
  readonly schema: string;
  readonly flusher: number;
  readonly circuit: CircuitState;
}

/** What a flusher tells its host. */
export interface FlusherHost {
  /** The sink is open. */
  ready(): void;
  flushed(info: FlushInfo): void;
  failed(failure: FailureReport): void;
  /** Only where the flow has an observer or a logger, and so many that the host receives them. */
  observed(message: StageMessage | CircuitChange): void;
  /** What the sink's health check has found; undefined: its target can be reached. */
  health(trouble: string | undefined): void;
  /** Values of metrics that the sink has registered. */
  sinkMetrics(told: SinkTold): void;
  /** Rows that were not delivered when the flow stopped, and that are no longer in the ring. */
  handedBack(schema: string, rows: BatchData): void;
  /** Run `onBatch`; resolves when it has. Comlink would keep an error's message only. */
  deliver(schema: string, data: BatchData): Promise<DeliveryAnswer>;
}

/** What `onBatch` returned or threw, as data. */
export interface DeliveryAnswer {
  readonly thrown?: ThrownData;
  /** What it said to have failed: a list, unless it makes no sense. */
  readonly failed?: unknown;
  /** How many rows it had already: a number, unless it makes no sense. */
  readonly skipped?: unknown;
}

/** What a host tells a flusher. */
export interface FlusherControl {
  /** Abort the signal of the flushes in flight. */
  abort(): void;
}
