/**
 * The sink for InfluxDB 1, 2 and 3, and for all that take its line protocol by HTTP, such as VictoriaMetrics: each row
 * is a point, labels are its tags. docs/sinks/influx.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { type InfluxOptions, settingsOf } from './options.js';

export type { TlsOptions } from '../connections/connection-options.js';
export type { Compression, HttpOptions } from '../http/client/options.js';
export type { InfluxOptions, Precision, SameInstant } from './options.js';

/**
 * Write batches to InfluxDB.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work. A schema that cannot become points fails the flow when its flushers
 *   open (SinkError); a server that cannot be reached does so only with `requireServer`.
 * @example
 * influx({ url: 'http://influx.example:8086', database: 'metrics' })
 * @example
 * influx({ url: 'https://influx.example', org: 'us', bucket: 'metrics', tokenFile: '/run/secrets/influx' })
 */
export function influx(options: InfluxOptions): SinkRef {
  return {
    module: ownFile('./sinks/influx/sink.js').href,
    options: settingsOf(options),
    target: { backend: 'influx', operation: 'insert' },
  };
}
