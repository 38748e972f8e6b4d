/**
 * The options of `mysql2` for one more connection.
 */
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { defined, fromModule, passwordOf, tlsOf } from '../connections/connection-secrets.js';
import type { MysqlConnection, MysqlSettings, TlsMode } from './options.js';

/**
 * What is not asked for: files of this machine, which a server could want; attributes, which packets of our own lack;
 * and rows that were found, where those that changed are to be counted.
 */
const flags = ['-LOCAL_FILES', '-CLIENT_QUERY_ATTRIBUTES', '-FOUND_ROWS'];

/** @throws SinkError when a file cannot be read or the module gives no options. */
export async function connectionConfig(settings: MysqlSettings): Promise<ConnectionOptions> {
  const { url, connection, applicationName, connectTimeoutMs, connectionModule } = settings;
  const password = await passwordOf(settings);
  const own = connectionModule === undefined ? {} : await fromModule<ConnectionOptions>(connectionModule);
  const { uri, ...before } = own;
  const address = uri ?? url;
  const fromUrl = address === undefined ? undefined : partsOfUrl(new URL(address));
  const ssl = await sslOf(settings.ssl, fromUrl?.mode);
  return {
    ...fromEnvironment(),
    ...defined({ ...connection, ...fromUrl?.address }),
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl }),
    connectTimeout: connectTimeoutMs,
    connectAttributes: { program_name: applicationName },
    ...before,
    flags: [...flags, ...(own.flags ?? [])],
    multipleStatements: false,
  };
}

/** As MySQL's own programs have it; an empty variable says nothing. */
function fromEnvironment(): MysqlConnection {
  const given = (name: string) => process.env[name] || undefined;
  const port = given('MYSQL_TCP_PORT');
  return defined({
    host: given('MYSQL_HOST'),
    port: port === undefined ? undefined : Number(port),
    socketPath: given('MYSQL_UNIX_PORT'),
    password: given('MYSQL_PWD'),
  });
}

function partsOfUrl({ hostname, port, username, password, pathname, searchParams }: URL) {
  const text = (part: string) => (part === '' ? undefined : decodeURIComponent(part));
  return {
    mode: (searchParams.get('ssl-mode') ?? undefined) as TlsMode | undefined,
    address: {
      host: text(hostname.replace(/^\[(.*)\]$/, '$1')),
      port: port === '' ? undefined : Number(port),
      user: text(username),
      password: text(password),
      database: text(pathname.slice(1)),
      socketPath: searchParams.get('socketPath') ?? undefined,
    },
  };
}

/** TLS as `mysql2` has it; undefined: none. The host's name is looked at wherever the certificate is. */
async function sslOf(
  ssl: MysqlSettings['ssl'],
  mode: TlsMode | undefined,
): Promise<(SslOptions & { servername?: string }) | undefined> {
  if (mode === 'DISABLED' || (mode === undefined && ssl === false)) return undefined;
  const given = typeof ssl === 'boolean' ? {} : await tlsOf(ssl);
  const checks = mode === undefined ? given.rejectUnauthorized !== false : mode !== 'REQUIRED';
  return {
    ...given,
    rejectUnauthorized: checks,
    verifyIdentity: checks && mode !== 'VERIFY_CA',
    minVersion: 'TLSv1.2',
  };
}
