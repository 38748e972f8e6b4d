/**
 * OTLP over HTTP as a backend of a collector: OpenTelemetry's Collector, and all that take its metrics.
 * docs/collector/backends.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../../own-files.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { type OtlpOptions, settingsOf } from './options.js';

export type { OtlpOptions } from './options.js';

/**
 * Send series by OTLP.
 *
 * @throws ConfigError when an option cannot work.
 * @example
 * otlp({ url: 'http://collector.example:4318/v1/metrics', resource: { 'service.name': 'shop' } })
 */
export function otlp(options: OtlpOptions): ExporterRef {
  const settings = settingsOf(options);
  const exporter = ownFile('./collector/backends/otlp/exporter.js').href;
  return { exporter, options: settings, intervalMs: settings.intervalMs };
}
