/**
 * The options of the generic HTTP sink: what they mean, what is allowed, and their defaults.
 */
import { ConfigError } from '../../errors.js';
import { type Checked, check, group, type RulesFor } from '../../options/check.js';
import { custom, hidden, integer, oneOf, secret, text, union } from '../../options/rules.js';
import { moduleRule } from '../../sink-module.js';
import { type JsonFormOptions, jsonFormRules } from '../encode/json-form.js';
import { checkHttp, type HttpOptions, httpRules, urlRule } from './client/options.js';

/** The form of a request's body. */
export type BodyEncoding =
  /** One array of objects. */
  | 'json'
  /** An object a line. */
  | 'ndjson'
  /** One array of maps. */
  | 'msgpack'
  /** The URL of a module with a function `encode`; see `BodyEncoder`. */
  | URL
  | (string & {});

/** A signature of each body, by which the receiver knows its sender: a header `t=1700000000,v1=5257a869e7…`. */
export interface SignatureOptions {
  /** The key that both sides have. */
  secret?: string;
  /** A file with the key, read anew for each request. */
  secretFile?: string;
  /** The name of an environment variable with the key. */
  secretEnv?: string;
  /** The header's name. Default `x-batchflow-signature`. */
  header?: string;
  /** The hash of the HMAC. Default `sha256`. */
  algorithm?: 'sha256' | 'sha512';
}

export interface HttpSinkOptions extends HttpOptions, JsonFormOptions {
  /** Where batches go. A user and a password in it are sent as Basic authentication. */
  url: string;
  /** Default `POST`. */
  method?: 'POST' | 'PUT' | 'PATCH';
  /** Default `json`. */
  encode?: BodyEncoding;
  /** A header with a key of the batch, the same for the same rows: `Idempotency-Key`. Default: none. */
  identityHeader?: string;
  signature?: SignatureOptions;
  /**
   * A path of the target's host that answers 200–299 when it is well, for `/readyz`: `/healthz`. Default: a connection
   * is enough.
   */
  healthPath?: string;
  /** A batch whose body would be larger is sent in halves. Default 16,777,216. */
  maxBodyBytes?: number;
}

const headerName = text().and((name) => /^[!#$%&'*+\-.^_`|~\da-z]+$/i.test(name), 'the name of a header');

const signatureRules = {
  secret: secret().optional(),
  secretFile: text().optional(),
  secretEnv: text().optional(),
  header: headerName.default('x-batchflow-signature'),
  algorithm: oneOf('sha256', 'sha512').default('sha256'),
} satisfies RulesFor<SignatureOptions>;

const encodings = ['json', 'ndjson', 'msgpack'] as const;
const path = custom<string>(
  (value) => typeof value === 'string' && value.startsWith('/'),
  'a path that begins with /',
);

export const httpSinkRules = {
  ...httpRules,
  ...jsonFormRules,
  url: urlRule('https://example.com/events'),
  method: oneOf('POST', 'PUT', 'PATCH').default('POST'),
  encode: union(
    "'json', 'ndjson', 'msgpack', or the URL of a module with a function `encode`",
    oneOf(...encodings),
    moduleRule,
  ).default('json'),
  identityHeader: headerName.optional(),
  signature: group(signatureRules).optional(),
  healthPath: path.optional(),
  maxBodyBytes: integer(1024, 2 ** 30).default(16 * 2 ** 20),
} satisfies RulesFor<HttpSinkOptions>;

/** The options with their defaults, as they are posted to a flusher. */
export type HttpSinkSettings = Checked<typeof httpSinkRules>;
export type SignatureSettings = NonNullable<HttpSinkSettings['signature']>;

/**
 * Check the options and fill in their defaults.
 *
 * @throws ConfigError for the first option that cannot work.
 */
export function settingsOf(options: HttpSinkOptions): HttpSinkSettings {
  const settings = check(httpSinkRules, options);
  checkHttp(settings);
  const { signature, compression, encode, identityField } = settings;
  if (signature !== undefined) {
    const { secret: given, secretFile, secretEnv } = signature;
    if ([given, secretFile, secretEnv].filter((each) => each !== undefined).length !== 1) {
      throw new ConfigError('signature.secret', hidden, 'one of secret, secretFile, secretEnv');
    }
    if (compression !== 'none') {
      throw new ConfigError(
        'compression',
        compression,
        "'none' with a signature, which is of the body as it is sent",
      );
    }
  }
  if (identityField !== undefined && !(encodings as readonly string[]).includes(encode)) {
    throw new ConfigError('identityField', identityField, 'nothing beside a module that encodes');
  }
  return settings;
}
