/**
 * InfluxDB 1, 2 and 3, and all that take its line protocol by HTTP, as a backend of a collector.
 * docs/collector/backends.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../../own-files.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { type InfluxMetricsOptions, settingsOf } from './options.js';

export type { InfluxMetricsOptions } from './options.js';

/**
 * Write series to InfluxDB: a measurement for each metric, with its labels as tags.
 *
 * @throws ConfigError when an option cannot work.
 * @example
 * influxMetrics({ url: 'http://influx.example:8086', database: 'metrics' })
 */
export function influxMetrics(options: InfluxMetricsOptions): ExporterRef {
  const settings = settingsOf(options);
  const exporter = ownFile('./collector/backends/influx/exporter.js').href;
  return { exporter, options: settings, intervalMs: settings.intervalMs };
}
