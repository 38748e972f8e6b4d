/**
 * Rows that a flow had accepted and not delivered when it ended, for a user who wants to save them: read out of the
 * ring, or handed back by flushers where the ring could not keep them apart from rows that had ended.
 */
import { Progress } from '../ring/progress.js';
import type { LabelDictionary } from '../schema/block/label-dictionary.js';
import type { Schema } from '../schema/columns/schema.js';
import { Batch } from '../schema/read/batch.js';
import { BatchReader } from '../schema/read/batch-reader.js';
import { layoutsOf, type SharedFlow } from './shared/shared-flow.js';

export class Undelivered {
  readonly #handedBack: Batch[] = [];
  #taken = false;

  constructor(
    private readonly shared: SharedFlow,
    private readonly labels: LabelDictionary,
  ) {}

  /** Keep rows that a flusher handed back when the flow stopped. */
  keep(rows: Batch): void {
    this.#handedBack.push(rows);
  }

  /** All of these rows, once. Only when no thread writes to the ring any more. */
  take(): Batch[] {
    const inRing = this.#taken ? [] : this.#inRing();
    this.#taken = true;
    return [...this.#handedBack.splice(0), ...inRing];
  }

  /** One batch for each schema that has any, oldest block first. */
  #inRing(): Batch[] {
    const { shared, labels } = this;
    const remaining = new Progress(shared.ring).remaining();
    return layoutsOf(shared).flatMap((layout, index) => {
      const parts = remaining.filter(({ schema }) => schema === index);
      if (parts.length === 0) return [];
      const reader = new BatchReader(layout, shared.ring, labels);
      return [new Batch(shared.schemas[index] as Schema, reader.read(parts))];
    });
  }
}
