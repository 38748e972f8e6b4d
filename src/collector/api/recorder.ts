/**
 * The interface of what records metric events on one thread, as types: a collector, and what `attachCollector` gives
 * other threads.
 */
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import type { Metric } from '../events/define-metric.js';
import type { EventLabels } from '../events/label-text.js';

export type { EventLabels };

export type CacheOperation = 'hit' | 'miss' | 'eviction';

/** One event as an object, for `recordEvent`. Durations are in milliseconds. */
export type MetricEvent =
  | {
      readonly type: 'http_request';
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'backend_request';
      readonly provider: string;
      readonly model: string;
      readonly success: boolean;
      readonly latencyMs: number;
      readonly errorType?: string;
    }
  | {
      readonly type: 'health_check';
      readonly backend: string;
      readonly healthy: boolean;
      readonly durationMs: number;
    }
  | { readonly type: 'cache'; readonly cache: string; readonly operation: CacheOperation }
  | {
      readonly type: 'counter' | 'gauge' | 'histogram';
      readonly name: string;
      /** Default: none. */
      readonly labels?: EventLabels | undefined;
      readonly value: number;
    };

/**
 * Records events, on one thread. Each method returns false where the event was not taken: with `onFull: 'reject'` by a
 * full buffer, and by a collector that has ended. With `drop-newest` a full buffer drops it and counts it.
 *
 * @throws EventError for values of a wrong type. Values that no metric can have, such as NaN, are counted as failed.
 */
export interface Recorder {
  recordHttpRequest(method: string, path: string, status: number, durationMs: number): boolean;
  recordBackendRequest(
    provider: string,
    model: string,
    success: boolean,
    latencyMs: number,
    errorType?: string,
  ): boolean;
  recordHealthCheck(backend: string, healthy: boolean, durationMs: number): boolean;
  recordCacheMetric(cache: string, operation: CacheOperation): boolean;
  recordCounter(name: string, labels: EventLabels, value: number): boolean;
  recordGauge(name: string, labels: EventLabels, value: number): boolean;
  recordHistogram(name: string, labels: EventLabels, value: number): boolean;
  /** @throws EventError for a type that is not known. */
  recordEvent(event: MetricEvent): boolean;
  /** Record an event of a type that `defineMetric` made, and `metrics` of the settings has. */
  record<S extends Schema>(metric: Metric<S>, event: EventOf<S>): boolean;
  /** Measure a request from now on. */
  startHttpRequest(method: string, path: string): { end(status: number): boolean };
  startBackendRequest(
    provider: string,
    model: string,
  ): { end(success: boolean, errorType?: string): boolean };
  startHealthCheck(backend: string): { end(healthy: boolean): boolean };
}
