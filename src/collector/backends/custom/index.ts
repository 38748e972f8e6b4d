/**
 * A backend of one's own: a module whose default export makes an exporter. docs/collector/backends.md has an example.
 */
import { check } from '../../../options/check.js';
import { postable } from '../../../options/rules.js';
import { moduleRule } from '../../../sink-module.js';
import type { ExporterRef } from '../../exporting/exporter.js';
import { intervalRule } from '../backend-options.js';

export interface CustomBackendOptions {
  /**
   * The module, whose default export is a function of `options` that returns an exporter, as `defineExporter` types it:
   * `new URL('./my-exporter.js', import.meta.url)`.
   */
  module: string | URL;
  /** Anything that can be posted to a thread. */
  options?: unknown;
  /** How often series are sent. Default: the collector's `exportIntervalMs`. */
  intervalMs?: number;
}

export const customBackendRules = {
  module: moduleRule,
  options: postable.optional(),
  intervalMs: intervalRule,
};

/**
 * Send series by an exporter of one's own.
 *
 * @throws ConfigError when an option cannot work. A module that makes no exporter fails the collector's start.
 * @example
 * customBackend({ module: new URL('./my-exporter.js', import.meta.url), options: { file: '/var/log/metrics' } })
 */
export function customBackend(given: CustomBackendOptions): ExporterRef {
  const { module, options, intervalMs } = check(customBackendRules, given);
  return { exporter: module, options, intervalMs };
}
