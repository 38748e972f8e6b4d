/**
 * The options of the OTLP backend.
 */
import { type Checked, check, type RulesFor } from '../../../options/check.js';
import { oneOf, record, text } from '../../../options/rules.js';
import { urlRule } from '../../../sinks/http/client/options.js';
import {
  type BackendOptions,
  backendRules,
  type CompressionOption,
  checkBackend,
  compressionRule,
} from '../backend-options.js';

export interface OtlpOptions extends BackendOptions, CompressionOption {
  /** The receiver, with its path: `http://collector.example:4318/v1/metrics`. */
  url: string;
  /** Whether values count from the collector's start, or from the last ones that were taken. Default `cumulative`. */
  temporality?: 'cumulative' | 'delta';
  /** The form of requests. Default `protobuf`. */
  encoding?: 'protobuf' | 'json';
  /** Attributes of the resource. Default: `service.name`, which is the collector's name, and no others. */
  resource?: Readonly<Record<string, string>>;
}

export const otlpRules = {
  ...backendRules,
  compression: compressionRule,
  url: urlRule('http://collector.example:4318/v1/metrics'),
  temporality: oneOf('cumulative', 'delta').default('cumulative'),
  encoding: oneOf('protobuf', 'json').default('protobuf'),
  resource: record(text(), 'an object of attributes, which are texts').default({}),
} satisfies RulesFor<OtlpOptions>;

export type OtlpSettings = Checked<typeof otlpRules>;

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: OtlpOptions): OtlpSettings {
  const settings = check(otlpRules, options);
  checkBackend(settings);
  return settings;
}
