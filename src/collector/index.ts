/**
 * The metrics collector: records metric events for next to nothing, counts them on worker threads, and sends them to
 * backends. docs/guide/collector.md has all of it.
 */

export type { CacheOperation, EventLabels, MetricEvent, Recorder } from './api/recorder.js';
export { type AttachedCollector, attachCollector } from './attach.js';
export { type CustomBackendOptions, customBackend } from './backends/custom/index.js';
export { type InfluxMetricsOptions, influxMetrics } from './backends/influx/index.js';
export { type LogSummaryOptions, logSummary } from './backends/log/index.js';
export { type OtlpOptions, otlp } from './backends/otlp/index.js';
export { type PushgatewayOptions, pushgateway } from './backends/pushgateway/index.js';
export { type RemoteWriteOptions, remoteWrite } from './backends/remote-write/index.js';
export type { Collector, CollectorCloseOptions, CollectorHandle } from './collector.js';
export type { CollectorStats } from './collector-stats.js';
export { createCollector } from './create.js';
export { type Aggregate, defineMetric, type Metric, type MetricOptions } from './events/define-metric.js';
export {
  type CreateExporter,
  defineExporter,
  type ExportContext,
  type Exporter,
  type ExporterEnvironment,
  type ExporterRef,
  type ExportResult,
} from './exporting/exporter.js';
export type { ExporterStatus } from './exporting/exporters.js';
export * from './middleware/index.js';
export { registerCollector } from './prometheus.js';
export type { Buckets } from './series/event-definition.js';
export type {
  ExponentialFamily,
  ExponentialPoint,
  Family,
  HistogramFamily,
  HistogramPoint,
  Labels,
  NumberFamily,
  NumberPoint,
  Snapshot,
} from './series/snapshot.js';
export type { CollectorSettings, EventsTo } from './settings.js';
export * from './statsd/index.js';
