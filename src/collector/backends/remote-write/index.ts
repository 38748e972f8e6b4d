/**
 * Prometheus remote write, version 1.0, as a backend of a collector: Prometheus itself with its receiver, and all that
 * take the same requests. docs/collector/backends.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../../own-files.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { type RemoteWriteOptions, settingsOf } from './options.js';

export type { RemoteWriteOptions } from './options.js';

/**
 * Write series to a receiver of remote write.
 *
 * @throws ConfigError when an option cannot work.
 * @example
 * remoteWrite({ url: 'http://prometheus.example:9090/api/v1/write', externalLabels: { instance: 'web-1' } })
 */
export function remoteWrite(options: RemoteWriteOptions): ExporterRef {
  const settings = settingsOf(options);
  const exporter = ownFile('./collector/backends/remote-write/exporter.js').href;
  return { exporter, options: settings, intervalMs: settings.intervalMs };
}
