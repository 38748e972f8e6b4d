/**
 * The options of the InfluxDB sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { integer, list, oneOf, record, text, union } from '../../options/rules.js';
import { checkHttp, type HttpOptions, httpRules, urlRule } from '../http/client/options.js';
import { checkPlace, placeRules } from './place.js';

export type Precision = 'ns' | 'us' | 'ms' | 's';

/** What becomes of two events of one series in one instant: InfluxDB keeps one point of them. */
export type SameInstant =
  /** The later one replaces the fields that it has. */
  | 'overwrite'
  /** Each time gets up to a millisecond more, by the row's identity: a row that comes again is the same point. */
  | 'shift'
  /** The row's identity is a tag of this name. Each row is then a series of its own, which costs the server memory. */
  | { readonly tag: string };

export interface InfluxOptions extends HttpOptions {
  /** The server: `http://influx.example:8086`. A user and a password in it are sent as Basic authentication. */
  url: string;
  /** The database of InfluxDB 1, VictoriaMetrics and others: batches go to `/write?db=…`. Either this or `bucket`. */
  database?: string;
  /** Of `database`. Default: the database's own. */
  retentionPolicy?: string;
  /** The bucket of InfluxDB 2 and 3: batches go to `/api/v2/write?bucket=…`, and `token` is sent as `Token …`. */
  bucket?: string;
  /** The organization of `bucket`. */
  org?: string;
  /** The measurement, or measurements by schema name. Default: the schema's name. */
  measurement?: string | Readonly<Record<string, string>>;
  /** The column of the point's time. Default: the first timestamp column; without one the server's clock says it. */
  timeColumn?: string;
  /** The unit of times. Default `ns`. */
  precision?: Precision;
  /** The columns that are tags: labels, strings, integers and bools. Default: all labels. The others are fields. */
  tags?: readonly string[];
  /** Default `overwrite`. */
  sameInstant?: SameInstant;
  /** NaN and the infinities, which InfluxDB lacks: the row is given up, or the field left out. Default `refuse`. */
  nonFinite?: 'refuse' | 'omit';
  /**
   * Characters that tags cannot have, and half surrogate pairs: each becomes U+FFFD, or the row is given up. Default
   * `replace`.
   */
  badText?: 'replace' | 'refuse';
  /** A batch whose lines would be larger is sent in halves. Default 16,777,216. */
  maxBodyBytes?: number;
}

const names = list(text(), 'a list of names of columns');

export const influxRules = {
  ...httpRules,
  url: urlRule('http://influx.example:8086'),
  ...placeRules,
  measurement: union(
    'the name of a measurement, or names by schema name',
    text(),
    record(text(), 'an object of measurements by schema name'),
  ).optional(),
  timeColumn: text().optional(),
  precision: oneOf('ns', 'us', 'ms', 's').default('ns'),
  tags: names.optional(),
  sameInstant: union(
    "'overwrite', 'shift' or { tag: the tag's name }",
    oneOf('overwrite', 'shift'),
    group({ tag: text() }),
  ).default('overwrite'),
  nonFinite: oneOf('refuse', 'omit').default('refuse'),
  badText: oneOf('replace', 'refuse').default('replace'),
  compression: oneOf('none', 'gzip', 'zstd').default('gzip'),
  maxBodyBytes: integer(1024, 2 ** 30).default(16 * 2 ** 20),
} satisfies RulesFor<InfluxOptions>;

/** The options with their defaults, as they are posted to a flusher. */
export type InfluxSettings = Checked<typeof influxRules>;

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: InfluxOptions): InfluxSettings {
  const settings = check(influxRules, options);
  checkHttp(settings);
  checkPlace(settings);
  const { sameInstant, precision } = settings;
  if (sameInstant === 'shift' && precision !== 'ns')
    throw new ConfigError('precision', precision, "'ns' with sameInstant: 'shift'");
  return settings;
}
