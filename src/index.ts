/**
 * BatchFlow Threads: events in through shared memory, batches out on worker threads.
 *
 * What is exported here is the public face; everything else may change.
 */
export {
  BatchFlowError,
  CapacityError,
  ConfigError,
  EventError,
  type EventFault,
  FlowClosedError,
  FlowFailedError,
  FlowOpenError,
  FlushError,
  type GiveUpReason,
  PackageError,
  type PackedFault,
  PackedMessageError,
  QueueFullError,
  SchemaError,
  SinkError,
  SourceError,
  WaitTimeoutError,
} from './errors.js';
export type { Dedupe, DedupeOfSchema, ShownDedupe, ShownRule } from './flow/api/dedupe.js';
export type { FlowEmitter, FlowEvents } from './flow/api/events.js';
export type { CloseOptions, CloseReport, Flow, FlowEnd } from './flow/api/flow.js';
export type {
  BatchEvent,
  BatchStage,
  Logger,
  ObserverOptions,
  RedactOptions,
  Sampler,
} from './flow/api/observing.js';
export type {
  ColumnsInput,
  CommittedOptions,
  FlowHandle,
  Producer,
  ProducerPosition,
  RowRange,
  WaitOptions,
} from './flow/api/producer.js';
export type {
  AdaptiveOptions,
  AnyFlowConfig,
  CircuitOptions,
  ConcurrencyLimit,
  CurrentSettings,
  Destination,
  FlowClock,
  FlowConfig,
  FlowSettings,
  FlushMode,
  IdentityOrigin,
  OnFull,
  OnGivenUp,
  RetryOptions,
  ShownSink,
} from './flow/api/settings.js';
export type { Sharding, ShownSharding } from './flow/api/sharding.js';
export { createConcurrencyLimit } from './flow/config/concurrency-limit.js';
export { createBatchFlow } from './flow/create.js';
export {
  type DeadLetter,
  type DeadReason,
  deadLetterSchema,
  refusedInputSchema,
} from './flow/delivery/dead-letter.js';
export { addSchema, attachProducer } from './flow/producer/attach.js';
export type {
  CircuitState,
  DeadLetterState,
  FlowStats,
  Lateness,
  RingUsage,
  SourceStats,
} from './metrics/read/stats.js';
export { batchOf } from './schema/batch-of.js';
export {
  type Column,
  type ColumnType,
  type Json,
  type OptionalColumn,
  type RequiredColumn,
  t,
} from './schema/columns/columns.js';
export { identityOf, withIdentity } from './schema/columns/row-identity.js';
export {
  type AnySchema,
  type Columns,
  defineSchema,
  type EventOf,
  type RowOf,
  type Schema,
} from './schema/columns/schema.js';
export type { AnyColumn } from './schema/columns/views/any-column.js';
export type { LabelColumn } from './schema/columns/views/label-column.js';
export type { RawBytes, RawText } from './schema/columns/views/raw-bytes.js';
export type { BytesColumn, JsonColumn, TextColumn } from './schema/columns/views/variable-column.js';
export { Batch, type BatchData, type ColumnView } from './schema/read/batch.js';
export type { IdentityRange, RowIdentities } from './schema/read/row-identities.js';
export {
  defineSink,
  handler,
  type MetricsRegistry,
  type OpenContext,
  type Sink,
  type SinkFactory,
  type SinkRef,
  type WriteContext,
  type WriteResult,
} from './sink.js';
export {
  defineSource,
  type RefusedInput,
  type Source,
  type SourceContext,
  type SourceFactory,
  type SourceProducer,
  type SourceRef,
  type UnitDelivery,
} from './source.js';
export type { ErrorReason, Meaning, Verdict } from './target-errors/meaning.js';
export { RingTaskQueue } from './task-queue.js';
