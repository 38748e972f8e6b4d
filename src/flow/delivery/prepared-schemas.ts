/**
 * Which schemas a sink is prepared for: `prepare` is called before the first batch of each, and again if it failed or
 * did not end in time.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Sink, WriteContext } from '../../sink.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';

export class PreparedSchemas {
  readonly #done = new Set<Schema>();
  /** Batches of one schema that come meanwhile wait for the same call. */
  readonly #underWay = new Map<Schema, PromiseLike<void>>();

  constructor(private readonly sink: Sink) {}

  /**
   * @param context of the attempt that waits for it.
   * @returns at once where nothing is to be done. Throws or rejects with what `prepare` does, and rejects when the
   * attempt has been aborted meanwhile: its rows are another attempt's, or have ended.
   */
  prepare(schema: Schema, context: Pick<WriteContext, 'signal'>): Awaitable<void> {
    if (this.sink.prepare === undefined || this.#done.has(schema)) return;
    const preparing = this.#underWay.get(schema) ?? this.sink.prepare(schema);
    if (isThenable(preparing)) return this.#follow(schema, preparing, context.signal);
    this.#done.add(schema);
  }

  async #follow(schema: Schema, preparing: PromiseLike<void>, signal: AbortSignal): Promise<void> {
    const forget = () => {
      if (this.#underWay.get(schema) === preparing) this.#underWay.delete(schema);
    };
    this.#underWay.set(schema, preparing);
    // It may hang for ever: the next attempt calls it again.
    signal.addEventListener('abort', forget, { once: true });
    try {
      await preparing;
      this.#done.add(schema);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', forget);
      forget();
    }
  }
}
