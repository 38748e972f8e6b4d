/**
 * Prometheus's Pushgateway as a backend of a collector. docs/collector/backends.md has all of it.
 */
import { ownFile } from '../../../own-files.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { type PushgatewayOptions, settingsOf } from './options.js';

export type { PushgatewayOptions } from './options.js';

/**
 * Push series to a Pushgateway. Each push replaces the series of the same grouping key.
 *
 * @throws ConfigError when an option cannot work.
 * @example
 * pushgateway({ url: 'http://pushgateway.example:9091', job: 'nightly', grouping: { instance: 'db-1' } })
 */
export function pushgateway(options: PushgatewayOptions): ExporterRef {
  const settings = settingsOf(options);
  const exporter = ownFile('./collector/backends/pushgateway/exporter.js').href;
  return { exporter, options: settings, intervalMs: settings.intervalMs };
}
