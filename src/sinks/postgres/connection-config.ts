/**
 * The options of `pg` for one more connection.
 */
import type { ClientConfig } from 'pg';
import { defined, fromModule, passwordOf, tlsOf } from '../connections/connection-secrets.js';
import type { PostgresSettings } from './options.js';

/** @throws SinkError when a file cannot be read or the module gives no options. */
export async function connectionConfig(settings: PostgresSettings): Promise<ClientConfig> {
  const { url, connection, ssl, applicationName, connectTimeoutMs, connectionModule } = settings;
  const password = await passwordOf(settings);
  const own = connectionModule === undefined ? {} : await fromModule<ClientConfig>(connectionModule);
  // What `pg` reads from a URL comes before all else; so what comes before that has to be in the URL.
  const { connectionString, ...before } = own;
  const address = connectionString ?? url;
  const secret = before.password ?? password;
  const inUrl = address !== undefined && typeof secret === 'string';
  const config: ClientConfig = {
    ...defined(connection ?? {}),
    ssl: typeof ssl === 'boolean' ? ssl : await tlsOf(ssl),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...before,
  };
  if (secret !== undefined) config.password = secret;
  if (address !== undefined) config.connectionString = inUrl ? withPassword(address, secret) : address;
  return config;
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = encodeURIComponent(password);
  return changed.href;
}
