/**
 * The context argument of a sink's `write`. Its abort signal and its metrics registry are made at their first use,
 * since to make them can cost more than the write, and most sinks use neither.
 *
 * Both are own properties of the context, so that a sink around another may hand on a copy made with a spread. Their
 * getters are the same for all contexts, which so share a hidden class.
 */
import type { Registry } from 'prom-client';
import type { Schema } from '../../schema/columns/schema.js';
import type { WriteContext } from '../../sink.js';
import type { SinkRegistry } from './sink-registry.js';

export class AttemptContext implements WriteContext {
  static readonly #lazySignal: PropertyDescriptor & ThisType<AttemptContext> = {
    enumerable: true,
    get() {
      return this.#signal();
    },
  };
  static readonly #lazyMetrics: PropertyDescriptor & ThisType<AttemptContext> = {
    enumerable: true,
    get() {
      return this.#metrics.registry;
    },
  };

  declare readonly signal: AbortSignal;
  declare readonly metrics: Registry;
  readonly #metrics: SinkRegistry;
  #aborter: AbortController | undefined;
  #aborted: { reason: unknown } | undefined;

  constructor(
    readonly flusher: number,
    readonly options: unknown,
    readonly schema: Schema,
    readonly attempt: number,
    metrics: SinkRegistry,
  ) {
    this.#metrics = metrics;
    // One by one: `defineProperties` takes twice as long.
    Object.defineProperty(this, 'signal', AttemptContext.#lazySignal);
    Object.defineProperty(this, 'metrics', AttemptContext.#lazyMetrics);
  }

  /** Abort the attempt's signal. */
  static abort(context: AttemptContext, reason: unknown): void {
    if (context.#aborted !== undefined) return;
    context.#aborted = { reason };
    context.#aborter?.abort(reason);
  }

  #signal(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      if (this.#aborted !== undefined) this.#aborter.abort(this.#aborted.reason);
    }
    return this.#aborter.signal;
  }
}
