/**
 * The contract between a collector and what sends its series to a backend, on a thread of its own.
 *
 * An exporter is a module that the exporting thread loads, as flushers load sinks. `send` gets the newest series at
 * each interval. A `send` that rejects is tried again with the newest series: values are cumulative, so nothing is
 * kept for a backend that is down. An error whose `verdict` is `fatal` is not tried again before the next interval;
 * `retryAfterMs` of an error bounds the pause from below.
 */
import type { Snapshot } from '../series/snapshot.js';

export interface ExportContext {
  /** Aborts when `timeoutMs` has passed or the collector stops waiting. */
  readonly signal: AbortSignal;
  /** Whether the collector has ended, and no other call follows a successful one. */
  readonly isLast: boolean;
  /** The collector's name. */
  readonly collector: string;
}

/** What a backend has said of series that it took. */
export interface ExportResult {
  /** Points that it refused, or that it has no way to say. They are counted, and not sent again. */
  readonly refused?: number;
}

export interface Exporter {
  /** Send the series. Rejects when the backend did not take them. */
  send(
    snapshot: Snapshot,
    context: ExportContext,
    // biome-ignore lint/suspicious/noConfusingVoidType: an exporter that has nothing to say returns nothing.
  ): ExportResult | undefined | void | Promise<ExportResult | undefined | void>;
  /** After the last `send`. */
  close?(): void | Promise<void>;
  /**
   * What the exporter must know after its thread has died, as bytes; asked for after each successful `send`. The
   * replacement finds it as `memory` of its environment.
   */
  remember?(): Uint8Array;
}

/** What an exporter's module is told beside its options. */
export interface ExporterEnvironment {
  /** Whether the collector's `enableCompression` is set. */
  readonly compress: boolean;
  /** What `remember` has said on a thread that has died. */
  readonly memory: Uint8Array | undefined;
}

/** The default export of an exporter's module. */
export type CreateExporter<O> = (
  options: O,
  environment: ExporterEnvironment,
) => Exporter | Promise<Exporter>;

/** Gives an exporter's module its types. */
export function defineExporter<O>(create: CreateExporter<O>): CreateExporter<O> {
  return create;
}

/** A backend as the configuration holds it. */
export interface ExporterRef {
  /** URL of a module whose default export is a `CreateExporter`. */
  readonly exporter: string;
  /** Anything that can be posted to a thread. */
  readonly options: unknown;
  /** How often series are sent. Default: the collector's `exportIntervalMs`. */
  readonly intervalMs?: number | undefined;
}
