/** Statistics and metrics of a flow, read out of shared memory, and their way to Prometheus and to reporters. */

export type { HistogramData } from './cells/histogram.js';
export type { ErrorType, FlusherMeasures } from './cells/meters.js';
export type { ConflictStrategy, ErrorStage, GeneratedOperation, SinkTarget } from './cells/operations.js';
export type { RefusalReason } from './cells/refusals.js';
export { type Measured, prometheus } from './prometheus/prometheus.js';
export type { PrometheusOptions, PrometheusRegistry } from './prometheus/prometheus-options.js';
export type { FlowMetrics } from './read/flow-metrics.js';
export type { FlushInfo, FlushStatus, Trigger, WriteInfo } from './read/flush-info.js';
export type { FlusherSinkMetrics, SinkMetric, SinkValue } from './read/sink-metrics.js';
export type { CircuitState, FlowStats, FlusherCounts, Lateness, RingUsage } from './read/stats.js';
export { addHook, addReporter, type Reported, type ReportOptions } from './report/report.js';
export {
  type AnyReporter,
  type BatchFlowMetricsReporter,
  hookToReporter,
  type MetricsHook,
  type MetricsReporter,
  noopReporter,
  type OperationMetricsReporter,
  type OperationPreview,
  type PipelineMetricsReporter,
  type SQLMetricsReporter,
} from './report/reporter.js';
