/**
 * The options of `pg` for one more connection.
 */
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { ClientConfig } from 'pg';
import { defined, fromModule, passwordOf, tlsOf } from '../connections/connection-secrets.js';
import type { PostgresSettings } from './options.js';

/** @throws SinkError when a file cannot be read or the module gives no options. */
export async function connectionConfig(settings: PostgresSettings): Promise<ClientConfig> {
  const { url, connection, applicationName, connectTimeoutMs, connectionModule } = settings;
  const password = await passwordOf(settings);
  const own = connectionModule === undefined ? {} : await fromModule<ClientConfig>(connectionModule);
  // What `pg` reads from a URL comes before all else; so what comes before that has to be in the URL.
  const { connectionString, ...before } = own;
  const { address, ssl } = await securedAddress(connectionString ?? url, settings.ssl);
  const secret = before.password ?? password;
  const inUrl = address !== undefined && typeof secret === 'string';
  const config: ClientConfig = {
    ...defined(connection ?? {}),
    // Without it `pg` goes by PGSSLMODE.
    ...defined({ ssl }),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...before,
  };
  if (secret !== undefined) config.password = secret;
  if (address !== undefined) config.connectionString = inUrl ? withPassword(address, secret) : address;
  return config;
}

/**
 * An address and the options of TLS that go with it. `pg` would let the URL's word on TLS replace details; so it is
 * taken out of the URL and added to them.
 */
async function securedAddress(
  address: string | undefined,
  ssl: PostgresSettings['ssl'],
): Promise<{ address: string | undefined; ssl: ClientConfig['ssl'] | undefined }> {
  if (ssl === undefined || typeof ssl === 'boolean') return { address, ssl };
  const details = namedServer(await tlsOf(ssl));
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
  const mode = url?.searchParams.get('sslmode') ?? url?.searchParams.get('ssl') ?? undefined;
  if (url === undefined || mode === undefined || noTls.has(mode)) return { address, ssl: details };
  for (const name of ['sslmode', 'ssl']) url.searchParams.delete(name);
  return { address: url.href, ssl: { ...details, rejectUnauthorized: mode !== 'no-verify' } };
}

/** Values of `sslmode` and `ssl` that want no TLS. */
const noTls: ReadonlySet<string> = new Set(['disable', '0', 'false']);

/** `pg` puts the host's name in the place of the one that is given, unless it is an address. */
function namedServer<T extends { readonly servername?: string }>(tls: T): T & ConnectionOptions {
  const { servername } = tls;
  if (servername === undefined) return tls;
  return { ...tls, checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate) };
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = encodeURIComponent(password);
  return changed.href;
}
