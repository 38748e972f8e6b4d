/**
 * The options of the remote write backend.
 */
import { type Checked, check, type RulesFor } from '../../../options/check.js';
import { boolean, integer, record, text } from '../../../options/rules.js';
import { urlRule } from '../../../sinks/http/client/options.js';
import { type BackendOptions, backendRules, checkBackend } from '../backend-options.js';

export interface RemoteWriteOptions extends BackendOptions {
  /** The receiver, with its path: `http://prometheus.example:9090/api/v1/write`. */
  url: string;
  /** Labels of all series, unless a series has one of that name: `{ instance: 'web-1' }`. Default: none. */
  externalLabels?: Readonly<Record<string, string>>;
  /** The most series of one request. Default 2000. */
  maxSeriesPerRequest?: number;
  /**
   * Whether series that are no longer there, and all at the collector's end, are said to have ended. Otherwise their
   * last values stay for the five minutes that Prometheus looks back. Default true.
   */
  staleMarkers?: boolean;
}

const labelsRule = record(text(), 'an object of label values by name').and(
  (labels) => Object.keys(labels).every((name) => /^[a-z_]\w*$/i.test(name) && name !== '__name__'),
  'an object of label values by name; names have letters, digits and _',
);

export const remoteWriteRules = {
  ...backendRules,
  url: urlRule('http://prometheus.example:9090/api/v1/write'),
  externalLabels: labelsRule.default({}),
  maxSeriesPerRequest: integer(1, 100_000).default(2000),
  staleMarkers: boolean().default(true),
} satisfies RulesFor<RemoteWriteOptions>;

export type RemoteWriteSettings = Checked<typeof remoteWriteRules>;

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: RemoteWriteOptions): RemoteWriteSettings {
  const settings = check(remoteWriteRules, options);
  checkBackend(settings);
  return settings;
}
