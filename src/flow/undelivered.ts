/**
 * Rows that a flow had accepted and not delivered when it ended: read out of the ring, for who wants to save them.
 */
import { Progress } from '../ring/progress.js';
import type { LabelDictionary } from '../schema/block/label-dictionary.js';
import type { Schema } from '../schema/columns/schema.js';
import { Batch } from '../schema/read/batch.js';
import { BatchReader } from '../schema/read/batch-reader.js';
import { layoutsOf, type SharedFlow } from './shared/shared-flow.js';

/** One batch for each schema that has any, oldest block first. Only when no thread writes to the ring any more. */
export function undelivered(shared: SharedFlow, labels: LabelDictionary): Batch[] {
  const remaining = new Progress(shared.ring).remaining();
  return layoutsOf(shared).flatMap((layout, index) => {
    const parts = remaining.filter(({ schema }) => schema === index);
    if (parts.length === 0) return [];
    const reader = new BatchReader(layout, shared.ring, labels);
    return [new Batch(shared.schemas[index] as Schema, reader.read(parts))];
  });
}
