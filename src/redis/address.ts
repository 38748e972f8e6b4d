/**
 * Where a connection goes, and how it shows its user: what options, files and the environment say.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';
import { SinkError } from '../errors.js';
import { isDecodable } from '../sinks/connections/connection-options.js';
import { defined, fromModule, passwordOf, tlsOf } from '../sinks/connections/connection-secrets.js';
import type { RedisConnection, RedisServerSettings } from './server-options.js';

/** What is known of a server when a connection to it begins. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly socketPath: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** TLS as Node has it; undefined: none. */
  readonly tls: TlsConnectionOptions | undefined;
}

/** What the module of `connectionModule` may resolve with. */
interface FromModule extends RedisConnection {
  url?: string;
  tls?: boolean | TlsConnectionOptions;
}

const usualPort = 6379;

/** @throws SinkError when a file cannot be read, a variable is not set, or a module gives nothing of use. */
export async function addressOf(settings: RedisServerSettings): Promise<Address> {
  const { connection, connectionModule, ssl } = settings;
  const password = await passwordOf(settings);
  const {
    tls: ownTls,
    url: ownUrl,
    ...own
  }: FromModule = connectionModule === undefined ? {} : await fromModule<FromModule>(connectionModule);
  const url =
    ownUrl ?? settings.url ?? (connection === undefined ? process.env.REDIS_URL || undefined : undefined);
  const inUrl = url === undefined ? {} : partsOf(url);
  const { REDISCLI_AUTH: fromEnvironment } = process.env;
  const {
    host = 'localhost',
    port = usualPort,
    socketPath,
    user,
    database = 0,
    ...rest
  } = {
    ...defined({ ...connection }),
    ...defined(inUrl),
    ...(password !== undefined && { password }),
    ...defined(own),
  };
  // By what the URL says when it is read: a scheme may have capitals.
  const saysTls = url !== undefined && new URL(url).protocol === 'rediss:';
  const encrypted = ownTls ?? (ssl === false ? saysTls : ssl);
  return {
    ...{ host, port, socketPath, user, database },
    password: (rest as RedisConnection).password ?? (fromEnvironment || undefined),
    tls: encrypted === false ? undefined : await tlsWith(host, encrypted, ownTls !== undefined),
  };
}

async function tlsWith(host: string, given: true | object, asItIs: boolean): Promise<TlsConnectionOptions> {
  const options = given === true ? {} : asItIs ? given : await tlsOf(given as Parameters<typeof tlsOf>[0]);
  return {
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 && { servername: host }),
    ...options,
  } as TlsConnectionOptions;
}

/** @throws SinkError for what is no URL of Redis, as the environment may have it. */
function partsOf(text: string): RedisConnection {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol)) {
    throw new SinkError('the address of the server is no URL such as redis://user@host:6379/0');
  }
  if (!isDecodable(text))
    throw new SinkError('% signs in the address of the server are to be encoded, as %25');
  const shown = (part: string) => (part === '' ? undefined : decodeURIComponent(part));
  const number = Number(url.pathname.slice(1));
  if (!Number.isInteger(number))
    throw new SinkError("the path of the server's URL is no number of a database");
  return {
    host: shown(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? undefined : Number(url.port),
    user: shown(url.username),
    password: shown(url.password),
    database: url.pathname.length > 1 ? number : undefined,
  } as RedisConnection;
}
