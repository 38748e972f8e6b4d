/**
 * Which schemas a sink is prepared for: `prepare` is called before the first batch of each, and again if it failed.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Sink } from '../../sink.js';
import { type Awaitable, isThenable } from '../waiting/awaitable.js';

export class PreparedSchemas {
  readonly #done = new Set<Schema>();
  /** Batches of one schema that come meanwhile wait for the same call. */
  readonly #underWay = new Map<Schema, Promise<void>>();

  constructor(private readonly sink: Sink) {}

  /** @returns at once where nothing is to be done. Throws or rejects with what `prepare` does. */
  prepare(schema: Schema): Awaitable<void> {
    if (this.sink.prepare === undefined || this.#done.has(schema)) return;
    const underWay = this.#underWay.get(schema);
    if (underWay !== undefined) return underWay;
    const preparing = this.sink.prepare(schema);
    if (isThenable(preparing)) return this.#follow(schema, preparing);
    this.#done.add(schema);
  }

  #follow(schema: Schema, preparing: PromiseLike<void>): Promise<void> {
    const done = Promise.resolve(preparing)
      .then(() => void this.#done.add(schema))
      .finally(() => this.#underWay.delete(schema));
    this.#underWay.set(schema, done);
    return done;
  }
}
