/** Statistics and metrics of a flow, read out of shared memory, and their way to Prometheus. */
export type { FlowMetrics } from './flow-metrics.js';
export type { HistogramData } from './histogram.js';
export type { ErrorType, FlusherMeasures } from './meters.js';
export { type Measured, type PrometheusOptions, type PrometheusRegistry, prometheus } from './prometheus.js';
export type { CircuitState, FlowStats, Lateness, RingUsage } from './stats.js';
