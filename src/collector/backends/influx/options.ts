/**
 * The options of the InfluxDB backend.
 */
import { type Checked, check, type RulesFor } from '../../../options/check.js';
import { integer, oneOf } from '../../../options/rules.js';
import { urlRule } from '../../../sinks/http/client/options.js';
import { checkPlace, placeRules } from '../../../sinks/influx/place.js';
import {
  type BackendOptions,
  backendRules,
  type CompressionOption,
  checkBackend,
  compressionRule,
} from '../backend-options.js';

export interface InfluxMetricsOptions extends BackendOptions, CompressionOption {
  /** The server: `http://influx.example:8086`. A user and a password in it are sent as Basic authentication. */
  url: string;
  /** The database of InfluxDB 1, VictoriaMetrics and others: lines go to `/write?db=…`. Either this or `bucket`. */
  database?: string;
  /** Of `database`. Default: the database's own. */
  retentionPolicy?: string;
  /** The bucket of InfluxDB 2 and 3: lines go to `/api/v2/write?bucket=…`, and `token` is sent as `Token …`. */
  bucket?: string;
  /** The organization of `bucket`. */
  org?: string;
  /**
   * Where the buckets of histograms are. As Telegraf does, each is a field named by its bound; or each is a point with
   * a tag `le`, from which VictoriaMetrics makes what `histogram_quantile` wants. Default `fields`.
   */
  buckets?: 'fields' | 'tags';
  /** The most lines of one request. Default 5000. */
  maxLinesPerRequest?: number;
}

export const influxMetricsRules = {
  ...backendRules,
  compression: compressionRule,
  url: urlRule('http://influx.example:8086'),
  ...placeRules,
  buckets: oneOf('fields', 'tags').default('fields'),
  maxLinesPerRequest: integer(1, 1_000_000).default(5000),
} satisfies RulesFor<InfluxMetricsOptions>;

export type InfluxMetricsSettings = Checked<typeof influxMetricsRules>;

/** @throws ConfigError for the first option that cannot work. */
export function settingsOf(options: InfluxMetricsOptions): InfluxMetricsSettings {
  const settings = check(influxMetricsRules, options);
  checkBackend(settings);
  checkPlace(settings);
  return settings;
}
