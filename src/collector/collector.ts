/**
 * A collector: records metric events on the creating thread, and shows what flushers have counted.
 */
import type { FlowHandle } from '../flow/api/producer.js';
import type { FlowStats } from '../metrics/read/stats.js';
import type { Recorder } from './api/recorder.js';
import type { CollectorStats } from './collector-stats.js';
import type { ExporterStatus } from './exporting/exporters.js';
import type { Snapshot } from './series/snapshot.js';

/** Structured-cloneable: post it to a worker and call `attachCollector` there. */
export interface CollectorHandle {
  readonly '~collector': { readonly flow: FlowHandle; readonly types: readonly string[] };
}

export interface CollectorCloseOptions {
  /** Gives up counting and sending after this long. Default: no limit to counting, 10 s for sending. */
  timeoutMs?: number;
}

export interface Collector extends Recorder, AsyncDisposable {
  readonly name: string;
  getStats(): CollectorStats;
  /** How each of `backends` is, in their order. */
  backends(): readonly ExporterStatus[];
  /** What became of the events that went to each of `events`, in their order. */
  eventStats(): readonly FlowStats[];
  /** All series as they are now, read out of shared memory. */
  snapshot(): Snapshot;
  /** All series as Prometheus scrapes them. */
  metrics(): string;
  /** The content type of `metrics()`. */
  readonly contentType: string;
  handle(): CollectorHandle;
  /** Resolves when everything recorded before this call is counted. */
  flush(): Promise<void>;
  /** Count and send what was recorded, stop the threads. Harmless when repeated. */
  close(options?: CollectorCloseOptions): Promise<CollectorStats>;
}
