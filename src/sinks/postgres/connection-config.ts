/**
 * The options of `pg` for one more connection. Passwords and certificates that stand in files are read each time, so
 * that they can be renewed while the flow runs.
 */
import { readFile } from 'node:fs/promises';
import type { ClientConfig } from 'pg';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { PostgresSettings, TlsOptions } from './options.js';

/** @throws SinkError when a file cannot be read or the module gives no options. */
export async function connectionConfig(settings: PostgresSettings): Promise<ClientConfig> {
  const { url, connection, applicationName, connectTimeoutMs, connectionModule } = settings;
  const password = await passwordOf(settings);
  const own = connectionModule === undefined ? {} : await fromModule(connectionModule);
  // What `pg` reads from a URL comes before all else; so what comes before that has to be in the URL.
  const { connectionString, ...before } = own;
  const address = connectionString ?? url;
  const secret = before.password ?? password;
  const inUrl = address !== undefined && typeof secret === 'string';
  const config: ClientConfig = {
    ...defined(connection ?? {}),
    ssl: await tlsOf(settings.ssl),
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

async function passwordOf({ passwordFile, passwordEnv }: PostgresSettings): Promise<string | undefined> {
  if (passwordFile !== undefined) return (await textOf(passwordFile, 'passwordFile')).trim();
  if (passwordEnv === undefined) return undefined;
  const password = process.env[passwordEnv];
  if (password !== undefined) return password;
  throw new SinkError(`passwordEnv: the environment variable ${passwordEnv} is not set`);
}

async function tlsOf(ssl: PostgresSettings['ssl']): Promise<NonNullable<ClientConfig['ssl']>> {
  if (typeof ssl === 'boolean') return ssl;
  const { caFile, certFile, keyFile, ...given } = ssl as TlsOptions;
  const [ca, cert, key] = await Promise.all([
    caFile === undefined ? given.ca : textOf(caFile, 'ssl.caFile'),
    certFile === undefined ? given.cert : textOf(certFile, 'ssl.certFile'),
    keyFile === undefined ? given.key : textOf(keyFile, 'ssl.keyFile'),
  ]);
  return defined({ ...given, ca, cert, key });
}

async function textOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SinkError(`${option} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function fromModule(module: string): Promise<ClientConfig> {
  try {
    const { default: configOf } = (await import(module)) as { default: () => Promise<ClientConfig> };
    return { ...(await configOf()) };
  } catch (cause) {
    throw new SinkError(`the connection module ${module} gave no options: ${messageOf(cause)}`, { cause });
  }
}

/** An object without the members that are undefined: `pg` and Node take them for values. */
function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
