/**
 * The sink for HTTP: each batch is the body of a request to an address, as JSON, NDJSON, MessagePack or in a form of
 * one's own. docs/sinks/http.md has all of it.
 *
 * No further package is needed.
 */
import { ownFile } from '../../own-files.js';
import type { SinkRef } from '../../sink.js';
import { type HttpSinkOptions, settingsOf } from './options.js';

export type { TlsOptions } from '../connections/connection-options.js';
export type { JsonFormOptions } from '../encode/json-form.js';
export type { BodyEncoder, EncodedBody } from './body-encoder.js';
export type { HttpAnswer } from './client/http-client.js';
export type { Compression, HttpOptions } from './client/options.js';
export type { BodyEncoding, HttpSinkOptions, SignatureOptions } from './options.js';

/**
 * Send batches by HTTP. Answers of 200 to 299 commit a batch.
 *
 * Rows that a flow gives up are dropped and counted, unless the flow's configuration has `deadLetters`.
 *
 * @throws ConfigError when an option cannot work. A server that cannot be reached fails the flow only with
 *   `requireServer`.
 * @example
 * http({ url: 'https://example.com/events', tokenFile: '/run/secrets/token', encode: 'ndjson' })
 * @example
 * // A webhook: the receiver knows the sender by the signature, and a batch that comes again by its key.
 * http({
 *   url: 'https://example.com/hook',
 *   signature: { secretEnv: 'HOOK_SECRET' },
 *   identityHeader: 'Idempotency-Key',
 * })
 */
export function http(options: HttpSinkOptions): SinkRef {
  return {
    module: ownFile('./sinks/http/sink.js').href,
    options: settingsOf(options),
    target: { backend: 'http', operation: 'request' },
  };
}
