/**
 * Where the messages of a flow's flushers, and of its source, go: to its reports, to `onBatch`, to the rows that were
 * not delivered.
 */
import type { FlowFailedError } from '../errors.js';
import type { SinkMetrics } from '../metrics/read/sink-metrics.js';
import type { Schema } from '../schema/columns/schema.js';
import { Batch, type BatchData } from '../schema/read/batch.js';
import type { FlowOptions } from './config/resolve.js';
import type { Observing } from './observing/observing.js';
import { runOnBatch } from './on-batch.js';
import type { Reports } from './reports.js';
import type { FlowSchemas } from './shared/flow-schemas.js';
import type { SinkHealth } from './sink-health.js';
import type { SourceEvents } from './supervision/source-keeper.js';
import type { SupervisorEvents } from './supervision/supervisor.js';
import type { Undelivered } from './undelivered.js';

export interface Receivers {
  readonly reports: Reports;
  /** The values of the metrics that sinks have registered. */
  readonly sinkMetrics: SinkMetrics;
  readonly undelivered: Undelivered;
  readonly health: SinkHealth;
  /** Undefined without an observer and a logger. */
  readonly observing: Observing | undefined;
  /** Ends the flow, which cannot go on. */
  readonly fail: (error: FlowFailedError) => void;
}

export function flusherEvents(
  { onBatch }: Pick<FlowOptions, 'onBatch'>,
  schemas: FlowSchemas,
  { reports, sinkMetrics, undelivered, health, observing, fail }: Receivers,
): SupervisorEvents {
  const batchOf = (name: string, rows: BatchData) =>
    new Batch(schemas.all.find((schema) => schema.name === name) as Schema, rows);
  return {
    flushed: (info) => reports.emit('flush', info),
    failed: (failure) => reports.failed(failure),
    observed: (message) => observing?.heard(message),
    health: (trouble) => health.answered(trouble),
    sinkMetrics: (sent) => sinkMetrics.hear(sent, (kept) => reports.emit('sinkMetrics', kept)),
    handedBack: (schema, rows) => undelivered.keep(batchOf(schema, rows)),
    deliver: (schema, rows) => runOnBatch(onBatch, batchOf(schema, rows)),
    exited: (exit) => {
      observing?.died(exit);
      reports.emit('flusherExit', exit);
    },
    broken: fail,
  };
}

/** The messages of both that mean the same lead to the same. */
export function sourceEvents(
  reports: Reports,
  { failed, sinkMetrics, broken }: Pick<SupervisorEvents, 'failed' | 'sinkMetrics' | 'broken'>,
): SourceEvents {
  return { failed, sinkMetrics, broken, trouble: (error) => reports.sourceFailed(error) };
}
