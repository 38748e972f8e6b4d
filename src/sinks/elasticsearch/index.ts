/**
 * The sink for Elasticsearch and OpenSearch: each batch is a bulk request, written from the batch's columns.
 * docs/sinks/elasticsearch.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { type ElasticsearchOptions, settingsOf } from './options.js';

export type { TlsOptions } from '../connections/connection-options.js';
export type { JsonFormOptions } from '../encode/json-form.js';
export type { Compression, HttpOptions } from '../http/client/options.js';
export type { BulkOperation, ElasticsearchOptions } from './options.js';

/**
 * Store rows as documents of Elasticsearch or OpenSearch.
 *
 * Documents that the server refuses are given up alone. A row that is delivered again is stored once: its identity is
 * the document's `_id`.
 *
 * @throws ConfigError when an option cannot work. A server that cannot be reached fails the flow only with
 *   `requireServer`.
 * @example
 * elasticsearch({ url: 'https://localhost:9200', index: 'requests-{yyyy.MM.dd}', apiKeyEnv: 'ES_KEY' })
 * @example
 * // Keep the latest row of each user.
 * elasticsearch({ url: 'http://localhost:9200', index: 'users', op: 'index', id: { column: 'id' } })
 */
export function elasticsearch(options: ElasticsearchOptions): SinkRef {
  return {
    module: ownFile('./sinks/elasticsearch/sink.js').href,
    options: settingsOf(options),
    target: { backend: 'elasticsearch', operation: 'index' },
  };
}
