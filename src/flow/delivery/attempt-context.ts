/**
 * What a sink's `write` gets beside the batch. What costs more than many a write, and most sinks never look at, is made
 * when it is asked for: the signal of the attempt, and the registry, for which prom-client is loaded.
 *
 * Both are properties of the context's own, so that a sink around another may hand on a copy with a spread (not an
 * object that inherits from it); and their getters are the same for all contexts, which so share a hidden class.
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
