/**
 * Addresses of a collector's backends, and the backends that they name.
 *
 * Tokens and passwords come from the environment alone: lists of processes show addresses.
 */
import { influxMetrics } from '../collector/backends/influx/index.js';
import { otlp } from '../collector/backends/otlp/index.js';
import { pushgateway } from '../collector/backends/pushgateway/index.js';
import { remoteWrite } from '../collector/backends/remote-write/index.js';
import type { ExporterRef } from '../collector/exporting/exporter.js';
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';

/** A server of InfluxDB, and where lines go in it. */
export interface InfluxPlace {
  readonly url: string;
  readonly database?: string;
  readonly retentionPolicy?: string;
  readonly bucket?: string;
  readonly org?: string;
}

export interface BackendSettings {
  readonly name: string;
  readonly pushgateway?: string;
  readonly pushgatewayJob?: string;
  readonly remoteWrite?: string;
  readonly influx?: InfluxPlace;
  readonly otlp?: string;
}

/** Parameters of an address of InfluxDB, and the backend's options. */
const places: Readonly<Record<string, string>> = {
  ...{ db: 'database', rp: 'retentionPolicy', bucket: 'bucket', org: 'org' },
};

/** Make a reader of addresses. It throws ConfigError, as commander would show what may be a password. */
export function targetUrl(option: string): (text: string) => string {
  return (text) => {
    if (!/^https?:\/\//.test(text) || !URL.canParse(text))
      throw new ConfigError(option, hidden, 'an address such as http://host:9091');
    const { password, username, hash, pathname, search } = new URL(text);
    // A password with one of these characters would end the host too early, and be shown as a part of it.
    if (`${pathname}${search}`.includes('@') || hash !== '')
      throw new ConfigError(option, hidden, 'an address in which / ? # @ of a user or path are encoded');
    if (password !== '')
      throw new ConfigError(
        option,
        hidden,
        `an address without a password; it comes from the environment, as ${variable(option, 'PASSWORD')} ` +
          `beside the user ${username === '' ? 'in the address' : username}`,
      );
    return text;
  };
}

/** Read an address of InfluxDB. */
export function influxPlace(text: string): InfluxPlace {
  const url = new URL(targetUrl('--influx')(text));
  const place: Record<string, string> = {};
  for (const [name, value] of [...url.searchParams]) {
    const option = Object.hasOwn(places, name) ? places[name] : undefined;
    if (option === undefined || value === '')
      throw new ConfigError('--influx', hidden, `an address with ${Object.keys(places).join(', ')} only`);
    place[option] = value;
    url.searchParams.delete(name);
  }
  return { url: url.href, ...place };
}

/**
 * The backends that the settings name.
 *
 * @throws ConfigError
 */
export function backendsOf(settings: BackendSettings): ExporterRef[] {
  const { pushgatewayJob: job, ...urls } = settings;
  return [
    ...(urls.pushgateway === undefined
      ? []
      : [
          pushgateway({
            url: urls.pushgateway,
            ...secretsOf('--pushgateway'),
            ...(job !== undefined && { job }),
          }),
        ]),
    ...(urls.remoteWrite === undefined
      ? []
      : [remoteWrite({ url: urls.remoteWrite, ...secretsOf('--remote-write') })]),
    ...(urls.influx === undefined ? [] : [influxMetrics({ ...urls.influx, ...secretsOf('--influx') })]),
    ...(urls.otlp === undefined ? [] : [otlp({ url: urls.otlp, ...secretsOf('--otlp') })]),
  ];
}

/** The names of the variables that are set. */
function secretsOf(option: string) {
  const [token, password] = [variable(option, 'TOKEN'), variable(option, 'PASSWORD')];
  return {
    ...(process.env[token] !== undefined && { tokenEnv: token }),
    ...(process.env[password] !== undefined && { passwordEnv: password }),
  };
}

function variable(option: string, secret: 'TOKEN' | 'PASSWORD'): string {
  return `BATCHFLOW_${option.slice(2).toUpperCase().replaceAll('-', '_')}_${secret}`;
}
