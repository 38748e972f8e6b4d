/**
 * The options that all backends over HTTP share: those of HTTP sinks, and how often series are sent.
 */
import type { Checked, RulesFor } from '../../options/check.js';
import { integer, oneOf } from '../../options/rules.js';
import { type Compression, checkHttp, type HttpOptions, httpRules } from '../../sinks/http/client/options.js';

/** An exporter has one request under way, and never fails a start because of its backend. */
type BackendHttpOptions = Omit<HttpOptions, 'compression' | 'connections' | 'requireServer'>;

export interface BackendOptions extends BackendHttpOptions {
  /** How often series are sent. Default: the collector's `exportIntervalMs`. */
  intervalMs?: number;
}

export interface CompressionOption {
  /** How bodies are compressed. Default: `gzip` where the collector has `enableCompression`, else `none`. */
  compression?: Compression;
}

const { compression: _, connections: __, requireServer: ___, ...shared } = httpRules;

export const intervalRule = integer(10, 2 ** 31 - 1).optional();

export const backendRules = {
  ...shared,
  intervalMs: intervalRule,
} satisfies RulesFor<BackendOptions>;

export const compressionRule = oneOf('none', 'gzip', 'zstd').optional();

export type BackendSettings = Checked<typeof backendRules>;

/** @throws ConfigError for options that do not go together. */
export function checkBackend(settings: BackendSettings): void {
  checkHttp({ ...settings, ...fixed, compression: 'none' });
}

/** The options of HTTP sinks that exporters do not have. */
export const fixed = { connections: 1, requireServer: false } as const;
