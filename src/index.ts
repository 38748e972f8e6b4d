/**
 * BatchFlow Threads: events in through shared memory, batches out on worker threads.
 *
 * What is exported here is the public face; everything else may change.
 */
export * from './errors.js';
export { attachProducer } from './flow/attach.js';
export { createBatchFlow } from './flow/create.js';
export { type DeadLetter, type DeadReason, deadLetterSchema } from './flow/dead-letter.js';
export { RingTaskQueue } from './flow/task-queue.js';
export type * from './flow/types.js';
export type { CircuitState, FlowStats, Lateness, RingUsage } from './metrics/stats.js';
export { Batch, type BatchData, type ColumnView } from './schema/batch.js';
export type { AnyColumn, BytesColumn, JsonColumn, LabelColumn, TextColumn } from './schema/batch-columns.js';
export { batchOf } from './schema/batch-of.js';
export {
  type Column,
  type ColumnType,
  type Json,
  type OptionalColumn,
  type RequiredColumn,
  t,
} from './schema/columns.js';
export {
  type AnySchema,
  type Columns,
  defineSchema,
  type EventOf,
  type RowOf,
  type Schema,
} from './schema/schema.js';
export {
  defineSink,
  handler,
  type OpenContext,
  type Sink,
  type SinkFactory,
  type SinkRef,
  type Verdict,
  type WriteContext,
  type WriteResult,
} from './sink.js';
