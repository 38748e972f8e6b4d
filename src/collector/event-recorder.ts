/**
 * Records events on one thread: each type has a producer of its own, which is opened with its first event.
 */
import { performance } from 'node:perf_hooks';
import { describe } from '../describe.js';
import { ConfigError, EventError, FlowClosedError, FlowFailedError } from '../errors.js';
import type { Producer } from '../flow/api/producer.js';
import type { EventOf, Schema } from '../schema/columns/schema.js';
import type { CacheOperation, EventLabels, MetricEvent, Recorder } from './api/recorder.js';
import type { Metric } from './events/define-metric.js';
import {
  BackendRequest,
  CacheMetric,
  Counter,
  Gauge,
  HealthCheck,
  Histogram,
  HttpRequest,
} from './events/known-events.js';
import { labelText } from './events/label-text.js';

const noLabels: EventLabels = {};

/** What `recordEvent` takes. */
const eventTypes = [HttpRequest, BackendRequest, HealthCheck, CacheMetric, Counter, Gauge, Histogram].map(
  ({ name }) => name,
);

export class EventRecorder implements Recorder {
  /** Events that came when the collector had ended. */
  late = 0;
  readonly #open: <S extends Schema>(schema: S) => Producer<S>;
  readonly #types: readonly string[];
  #http: Producer<typeof HttpRequest> | undefined;
  #backend: Producer<typeof BackendRequest> | undefined;
  #health: Producer<typeof HealthCheck> | undefined;
  #cache: Producer<typeof CacheMetric> | undefined;
  #counter: Producer<typeof Counter> | undefined;
  #gauge: Producer<typeof Gauge> | undefined;
  #histogram: Producer<typeof Histogram> | undefined;
  readonly #own = new Map<string, Producer>();

  /**
   * @param open makes a producer of a type's events.
   * @param types the names of all types.
   */
  constructor(open: <S extends Schema>(schema: S) => Producer<S>, types: readonly string[]) {
    this.#open = open;
    this.#types = types;
  }

  recordHttpRequest(method: string, path: string, status: number, durationMs: number): boolean {
    try {
      this.#http ??= this.#open(HttpRequest);
      return this.#http.push({ method, path, status, durationMs });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordBackendRequest(
    provider: string,
    model: string,
    success: boolean,
    latencyMs: number,
    errorType?: string,
  ): boolean {
    try {
      this.#backend ??= this.#open(BackendRequest);
      return this.#backend.push({ provider, model, success, latencyMs, errorType });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordHealthCheck(backend: string, healthy: boolean, durationMs: number): boolean {
    try {
      this.#health ??= this.#open(HealthCheck);
      return this.#health.push({ backend, healthy, durationMs });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordCacheMetric(cache: string, operation: CacheOperation): boolean {
    try {
      this.#cache ??= this.#open(CacheMetric);
      return this.#cache.push({ cache, operation });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordCounter(name: string, labels: EventLabels, value: number): boolean {
    try {
      this.#counter ??= this.#open(Counter);
      return this.#counter.push({ name, labels: labelText(labels, 'counter'), value });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordGauge(name: string, labels: EventLabels, value: number): boolean {
    try {
      this.#gauge ??= this.#open(Gauge);
      return this.#gauge.push({ name, labels: labelText(labels, 'gauge'), value });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordHistogram(name: string, labels: EventLabels, value: number): boolean {
    try {
      this.#histogram ??= this.#open(Histogram);
      return this.#histogram.push({ name, labels: labelText(labels, 'histogram'), value });
    } catch (error) {
      return this.#isLate(error);
    }
  }

  record<S extends Schema>({ schema }: Metric<S>, event: EventOf<S>): boolean {
    try {
      let producer = this.#own.get(schema?.name) as Producer<S> | undefined;
      if (producer === undefined) {
        if (!this.#types.includes(schema?.name))
          throw new ConfigError('metrics', schema?.name, 'a type that the setting `metrics` has');
        producer = this.#open(schema);
        this.#own.set(schema.name, producer as Producer);
      }
      return producer.push(event);
    } catch (error) {
      return this.#isLate(error);
    }
  }

  recordEvent(event: MetricEvent): boolean {
    switch (event?.type) {
      case 'http_request':
        return this.recordHttpRequest(event.method, event.path, event.status, event.durationMs);
      case 'backend_request': {
        const { provider, model, success, latencyMs, errorType } = event;
        return this.recordBackendRequest(provider, model, success, latencyMs, errorType);
      }
      case 'health_check':
        return this.recordHealthCheck(event.backend, event.healthy, event.durationMs);
      case 'cache':
        return this.recordCacheMetric(event.cache, event.operation);
      case 'counter':
        return this.recordCounter(event.name, event.labels ?? noLabels, event.value);
      case 'gauge':
        return this.recordGauge(event.name, event.labels ?? noLabels, event.value);
      case 'histogram':
        return this.recordHistogram(event.name, event.labels ?? noLabels, event.value);
      default: {
        const { type } = (event ?? {}) as { type?: unknown };
        throw new EventError(
          'unknown',
          'metric_event',
          'type',
          `got ${describe(type)}; expected one of ${eventTypes.join(', ')}`,
        );
      }
    }
  }

  startHttpRequest(method: string, path: string) {
    const began = performance.now();
    return {
      end: (status: number) => this.recordHttpRequest(method, path, status, performance.now() - began),
    };
  }

  startBackendRequest(provider: string, model: string) {
    const began = performance.now();
    return {
      end: (success: boolean, errorType?: string) =>
        this.recordBackendRequest(provider, model, success, performance.now() - began, errorType),
    };
  }

  startHealthCheck(backend: string) {
    const began = performance.now();
    return {
      end: (healthy: boolean) => this.recordHealthCheck(backend, healthy, performance.now() - began),
    };
  }

  /** Give the producers back. */
  release(): void {
    const known = [
      this.#http,
      this.#backend,
      this.#health,
      this.#cache,
      this.#counter,
      this.#gauge,
      this.#histogram,
    ];
    for (const producer of [...known, ...this.#own.values()]) producer?.close();
  }

  /** A request that ends after the collector must not fail for want of it. @throws any other error. */
  #isLate(error: unknown): false {
    if (!(error instanceof FlowClosedError || error instanceof FlowFailedError)) throw error;
    this.late++;
    return false;
  }
}
