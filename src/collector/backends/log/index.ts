/**
 * A line of what was recorded as a backend of a collector, as the original of this collector logs it.
 * docs/collector/backends.md has all of it.
 */
import { ownFile } from '../../../own-files.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { type LogSummaryOptions, settingsOf } from './options.js';

export type { LogSummaryOptions } from './options.js';

/**
 * Write a line of what was recorded since the last one. Nothing is written where nothing was.
 *
 * @throws ConfigError when an option cannot work.
 * @example
 * logSummary({ intervalMs: 60_000 })
 */
export function logSummary(options: LogSummaryOptions = {}): ExporterRef {
  const settings = settingsOf(options);
  const exporter = ownFile('./collector/backends/log/exporter.js').href;
  return { exporter, options: settings, intervalMs: settings.intervalMs };
}
