/**
 * The options that all sinks over HTTP share: how to prove one's identity, how to connect, how long things may take.
 *
 * A sink spreads `httpRules` into its own rules and calls `checkHttp`, on the creating thread. The checked options are
 * plain data, which `HttpClient` takes on the flusher's thread.
 */
import { ConfigError } from '../../../errors.js';
import { type Checked, group, type RulesFor } from '../../../options/check.js';
import { boolean, hidden, integer, off, oneOf, record, secret, text, union } from '../../../options/rules.js';
import { moduleRule } from '../../../sink-module.js';
import { type TlsOptions, tlsRules } from '../../connections/connection-options.js';

export type Compression = 'none' | 'gzip' | 'zstd';

export interface HttpOptions {
  /** Headers of each request; `content-type` replaces that of the body. Errors do not show their values. */
  headers?: Readonly<Record<string, string>>;
  /** A token, sent as `Authorization: Bearer …` (or as the target's own scheme). */
  token?: string;
  /** A file with the token, read anew for each request. White space around it is ignored. */
  tokenFile?: string;
  /** The name of an environment variable with the token. */
  tokenEnv?: string;
  /** For Basic authentication; what stands in `url` comes after it. */
  username?: string;
  password?: string;
  passwordFile?: string;
  passwordEnv?: string;
  /**
   * A module whose default export is a function, called before each request. It resolves with headers, which come
   * before all others: for tokens that expire, say. A function itself cannot be posted to a thread.
   */
  headersModule?: string | URL;
  /** TLS in detail, for `https:`. Files are read anew at each connection. */
  tls?: TlsOptions;
  /**
   * The address of an HTTP proxy, or `false` for none. Default: what the environment says in `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or small letters.
   */
  proxy?: string | false;
  /** How bodies are compressed; `zstd` needs Node 22.15 or later. */
  compression?: Compression;
  /** The most connections of one flusher. Default 8. */
  connections?: number;
  /** How long a connection may take, with TLS and proxy. Default 10,000. */
  connectTimeoutMs?: number;
  /** How long the target may take from the end of a request to the head of its answer. Default 30,000. */
  headersTimeoutMs?: number;
  /** How long the target may pause within its answer. Default 10,000. */
  bodyTimeoutMs?: number;
  /** How long a request may take in all; `retry.timeoutMs` of the flow ends it, too. Default 60,000. */
  requestTimeoutMs?: number;
  /** How many bytes of an answer are read; the connection of a longer one is closed. Default 1,048,576. */
  maxAnswerBytes?: number;
  /**
   * Fail the flow when the target cannot be reached at its start. Default false: the flow starts, and batches are tried
   * as `retry` says.
   */
  requireServer?: boolean;
}

const milliseconds = () => integer(1, 2 ** 31 - 1);
/** What a header may be named (RFC 9110, 5.6.2), and hold. */
const headerName = /^[!#$%&'*+\-.^_`|~\da-z]+$/i;
const headerValue = secret(
  (value) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  'a text that a header can hold',
);

const headersRule = record(headerValue, 'an object of header values by name').and(
  (headers) => Object.keys(headers).every((name) => headerName.test(name)),
  'an object of header values by name, whose names are those of headers',
);

/** A rule for the address of a target. Errors do not show it, as it may hold a password. */
export function urlRule(example: string) {
  return secret(isHttpUrl, `a URL such as ${example}, whose special characters are encoded`);
}

function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return false;
  const { hash, username, password } = new URL(value);
  return hash === '' && canDecode(username) && canDecode(password);
}

function canDecode(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

export const httpRules = {
  headers: headersRule.default({}),
  token: secret().optional(),
  tokenFile: text().optional(),
  tokenEnv: text().optional(),
  username: text().optional(),
  password: secret().optional(),
  passwordFile: text().optional(),
  passwordEnv: text().optional(),
  headersModule: moduleRule.optional(),
  tls: group(tlsRules).default({}),
  proxy: union('the URL of a proxy, or false', off, urlRule('http://proxy.example:3128')).optional(),
  compression: oneOf('none', 'gzip', 'zstd').default('none'),
  connections: integer(1, 1024).default(8),
  connectTimeoutMs: milliseconds().default(10_000),
  headersTimeoutMs: milliseconds().default(30_000),
  bodyTimeoutMs: milliseconds().default(10_000),
  requestTimeoutMs: milliseconds().default(60_000),
  maxAnswerBytes: integer(1024, 2 ** 30).default(2 ** 20),
  requireServer: boolean().default(false),
} satisfies RulesFor<HttpOptions>;

/** The checked options, as they are posted to a flusher. */
export type HttpSettings = Checked<typeof httpRules>;

/** @throws ConfigError for options that do not go together. */
export function checkHttp(settings: HttpSettings): void {
  onlyOne(settings, ['token', 'tokenFile', 'tokenEnv']);
  onlyOne(settings, ['password', 'passwordFile', 'passwordEnv']);
  const { username, token, tokenFile, tokenEnv } = settings;
  if (username !== undefined && (token ?? tokenFile ?? tokenEnv) !== undefined) {
    throw new ConfigError('username', username, 'a user or a token, not both');
  }
}

function onlyOne<K extends keyof HttpSettings>(settings: HttpSettings, names: readonly K[]): void {
  const [, second] = names.filter((name) => settings[name] !== undefined);
  if (second !== undefined) throw new ConfigError(second, hidden, `only one of ${names.join(', ')}`);
}
