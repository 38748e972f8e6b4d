/**
 * What the creating thread and the exporting thread say to each other.
 */
import type { SeriesMemory } from '../series/series-memory.js';
import type { ExportControlMemory } from './export-control.js';
import type { ExporterRef } from './exporter.js';
import type { KeptBytesMemory } from './kept-bytes.js';

/** The `workerData` of the exporting thread. */
export interface ExportTask {
  readonly collector: string;
  readonly exporters: readonly (ExporterRef & { readonly intervalMs: number })[];
  readonly compress: boolean;
  readonly timeoutMs: number;
  readonly series: SeriesMemory;
  readonly control: ExportControlMemory;
  /** Of exporters that remembered something on a thread before this one. */
  readonly kept: readonly (KeptBytesMemory | undefined)[];
}

/** To the exporting thread: send the last values. */
export interface CloseMessage {
  readonly closeWithinMs: number;
}

/** From the exporting thread. */
export type ExportMessage =
  | { readonly type: 'ready'; readonly kept: readonly (KeptBytesMemory | undefined)[] }
  /** It cannot work. */
  | { readonly type: 'broken'; readonly message: string }
  /** A `send` failed. */
  | { readonly type: 'failure'; readonly exporter: number; readonly message: string };
