/**
 * Addresses of sinks that write by HTTP, and the sinks that they name: `https://host/path`,
 * `influx+http://host:8086?db=metrics`, `elasticsearch+https://host:9200`. A token comes from the environment: lists of
 * processes show addresses.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import type { SinkRef } from '../sink.js';
import { elasticsearch } from '../sinks/elasticsearch/index.js';
import { http } from '../sinks/http/index.js';
import { influx } from '../sinks/influx/index.js';

/** A target by HTTP, and what can be shown of it. */
export interface HttpAddress {
  readonly kind: 'http' | 'influx' | 'elasticsearch';
  /** With its secrets, without what an address of InfluxDB says of databases. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The database or bucket of InfluxDB. */
  readonly database: string | undefined;
  /** What an address of InfluxDB says beside its place. */
  readonly place: Readonly<Record<string, string>>;
}

/** The environment variable with the token for all of these targets; for Elasticsearch it is an API key. */
const tokenVariable = 'BATCHFLOW_SINK_TOKEN';

/** Parameters of an address of InfluxDB, and the sink's options. */
const places: Readonly<Record<string, string>> = {
  ...{ db: 'database', rp: 'retentionPolicy', bucket: 'bucket', org: 'org', precision: 'precision' },
};

export const httpForms =
  'https://host/path, influx+http://host:8086?db=NAME, influx+https://host?org=NAME&bucket=NAME or ' +
  'elasticsearch+https://user@host:9200';

/** Whether an address is one of these. */
export function isHttpScheme(scheme: string): boolean {
  return /^((influx|elasticsearch)\+)?https?$/.test(scheme);
}

/**
 * Read an address.
 *
 * @throws ConfigError, which shows no secret.
 */
export function httpAddress(text: string, option: string): HttpAddress {
  const [, kind = 'http'] = (/^(influx|elasticsearch)\+/.exec(text) ?? []) as (
    | HttpAddress['kind']
    | undefined
  )[];
  const refuse = (expected: string): never => {
    throw new ConfigError(option, hidden, expected);
  };
  const plain = text.replace(/^(influx|elasticsearch)\+/, '');
  if (!/^https?:\/\//.test(plain) || !URL.canParse(plain)) refuse(`an address such as ${httpForms}`);
  const url = new URL(plain);
  // A password with one of these characters would end the address's host too early, and be shown as a part of it.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@') || url.hash !== '') {
    refuse(
      'an address in which the characters / ? # @ of a user, password or path are encoded, as %2F %3F %23 %40',
    );
  }
  const place: Record<string, string> = {};
  if (kind === 'influx') {
    for (const [name, value] of [...url.searchParams]) {
      const known = Object.hasOwn(places, name) ? places[name] : undefined;
      if (known === undefined || value === '')
        refuse(`an address with ${Object.keys(places).join(', ')} only`);
      else place[known] = value;
      url.searchParams.delete(name);
    }
  }
  return {
    kind,
    url: url.href,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    database: place.database ?? place.bucket,
    place,
  };
}

/** What options say beside an address. */
export interface HttpWishes {
  /** The measurement of InfluxDB, the index of Elasticsearch; undefined: the schema's name. */
  readonly table: string | undefined;
  /** The member with the row's identity; undefined: none. */
  readonly identityColumn: string | undefined;
  readonly requireServer: boolean;
}

/**
 * The sink of an address.
 *
 * @throws ConfigError for what an address of InfluxDB lacks, and for options that the target has no use for.
 */
export function httpSink({ kind, url, place }: HttpAddress, wishes: HttpWishes): SinkRef {
  const { table, identityColumn, requireServer } = wishes;
  const hasToken = process.env[tokenVariable] !== undefined;
  const options = { url, requireServer, ...(hasToken && { tokenEnv: tokenVariable }) };
  const identity = identityColumn === undefined ? {} : { identityField: identityColumn };
  if (kind === 'http') {
    if (table !== undefined) throw new ConfigError('table', table, 'nothing: there are no tables');
    return http({ ...options, ...identity, encode: 'ndjson' });
  }
  if (kind === 'elasticsearch') {
    try {
      return elasticsearch({
        ...{ url, requireServer, ...identity },
        ...(hasToken && { apiKeyEnv: tokenVariable }),
        ...(table !== undefined && { index: table }),
      });
    } catch (error) {
      if (!(error instanceof ConfigError) || error.key !== 'index') throw error;
      throw new ConfigError('table', error.value, error.expected);
    }
  }
  if (identityColumn !== undefined) {
    const expected = 'nothing: InfluxDB tells points apart by their series and time';
    throw new ConfigError('identityColumn', identityColumn, expected);
  }
  const measurement = table === undefined ? {} : { measurement: table };
  try {
    return influx({ ...options, ...place, ...measurement });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError('url', hidden, `in an address of InfluxDB, for ${error.key}: ${error.expected}`);
  }
}
