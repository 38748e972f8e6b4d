/** Statistics and metrics of a flow, read out of shared memory, and their way to Prometheus and to reporters. */
export type { FlowMetrics } from './flow-metrics.js';
export type { FlushInfo, FlushStatus, Trigger, WriteInfo } from './flush-info.js';
export type { HistogramData } from './histogram.js';
export type { ErrorType, FlusherMeasures } from './meters.js';
export { type Measured, type PrometheusOptions, type PrometheusRegistry, prometheus } from './prometheus.js';
export { addHook, addReporter, type Reported, type ReportOptions } from './report.js';
export {
  type AnyReporter,
  hookToReporter,
  type MetricsHook,
  type MetricsReporter,
  noopReporter,
  type PipelineMetricsReporter,
} from './reporter.js';
export type { FlusherSinkMetrics, SinkMetric, SinkValue } from './sink-metrics.js';
export type { CircuitState, FlowStats, FlusherCounts, Lateness, RingUsage } from './stats.js';
