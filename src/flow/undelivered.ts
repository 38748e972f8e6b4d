/**
 * Rows that a flow had accepted and not delivered when it ended, for a user who wants to save them: read out of the
 * ring, or handed back by flushers where the ring could not keep them apart from rows that had ended.
 */
import { Progress } from '../ring/progress.js';
import type { LabelDictionary } from '../schema/block/label-dictionary.js';
import { Batch } from '../schema/read/batch.js';
import { BatchReader } from '../schema/read/batch-reader.js';
import type { FlowMemory } from './shared/flow-memory.js';
import { FlowSchemas } from './shared/flow-schemas.js';
import type { SharedFlow } from './shared/shared-flow.js';

export class Undelivered {
  readonly #handedBack: Batch[] = [];
  #taken = false;

  constructor(
    private readonly shards: FlowMemory['shards'],
    private readonly labels: LabelDictionary,
  ) {}

  /** Keep rows that a flusher handed back when the flow stopped. */
  keep(rows: Batch): void {
    this.#handedBack.push(rows);
  }

  /** All of these rows, once. Only when no thread writes to the ring any more. */
  take(): Batch[] {
    const inRings = this.#taken ? [] : this.shards.flatMap((shared) => this.#in(shared));
    this.#taken = true;
    return [...this.#handedBack.splice(0), ...inRings];
  }

  /** One batch for each schema that has any, oldest block first. */
  #in(shared: SharedFlow): Batch[] {
    const schemas = new FlowSchemas(shared);
    const remaining = new Progress(shared.ring).remaining();
    const numbers = [...new Set(remaining.map(({ schema }) => schema))].sort((a, b) => a - b);
    return numbers.map((number) => {
      const parts = remaining.filter(({ schema }) => schema === number);
      const { schema, layout } = schemas.blocksOf(number);
      return new Batch(schema, new BatchReader(layout, shared.ring, this.labels).read(parts));
    });
  }
}
