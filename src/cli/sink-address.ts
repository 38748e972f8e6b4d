/**
 * Addresses of sinks on the command line: the schemes that there are, and what an address says of the place.
 *
 * An address may hold a password. Errors show no more of it than its scheme.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import type { Peer } from '../peer-packages.js';
import { badPath, shownPath } from '../sinks/sqlite/options.js';
import { type HttpAddress, httpAddress, httpForms, isHttpScheme } from './http-address.js';
import { isNatsScheme, type NatsAddress, natsAddress, natsForm } from './nats-address.js';

/** Targets with a server. */
export type ServerKind = 'postgres' | 'mysql' | 'redis';

/** A file of SQLite. */
export interface FileAddress {
  readonly kind: 'sqlite';
  readonly file: string;
}

/** A server, and what can be shown of it. */
export interface ServerAddress {
  readonly kind: ServerKind;
  /** As it was given, with its secrets. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Undefined: the server's own choice. */
  readonly database: string | undefined;
}

export type SinkAddress = FileAddress | ServerAddress | HttpAddress | NatsAddress;

interface Server {
  readonly kind: ServerKind;
  readonly port: number;
  /** The environment variables for parts that an address leaves out, as the sink reads them. */
  readonly env: { readonly host?: string; readonly port?: string; readonly database?: string };
  /** The parameter of an address that names a Unix socket; undefined: none does. */
  readonly socket: string | undefined;
}

const postgres: Server = {
  kind: 'postgres',
  port: 5432,
  env: { host: 'PGHOST', port: 'PGPORT', database: 'PGDATABASE' },
  socket: 'host',
};
const mysql: Server = {
  kind: 'mysql',
  port: 3306,
  env: { host: 'MYSQL_HOST', port: 'MYSQL_TCP_PORT' },
  socket: 'socketPath',
};

const redis: Server = { kind: 'redis', port: 6379, env: {}, socket: undefined };

/** By scheme. */
const servers: Readonly<Record<string, Server>> = {
  ...{ postgres, postgresql: postgres, mysql, mariadb: mysql, redis, rediss: redis },
};

/** The package that each target with a server needs; one server of Redis needs none. */
export const driversOf = {
  postgres: ['pg'],
  mysql: ['mysql2'],
  redis: [],
} as const satisfies Record<ServerKind, readonly Peer[]>;

/** The forms of addresses, for errors and help. */
export const addressForms =
  'sqlite:FILE, postgres://user@host:5432/database, mysql://user@host:3306/database or mariadb://…, ' +
  `redis://user@host:6379/0 or rediss://…, ${natsForm}, ${httpForms}`;

/**
 * Read an address.
 *
 * @param option the option that gave it, for errors.
 * @throws ConfigError, which shows no secret.
 */
export function readAddress(text: string, option: string): SinkAddress {
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*):(.*)$/is.exec(text) ?? [];
  if (scheme === 'sqlite') return fileAddress(rest, option);
  const server = Object.hasOwn(servers, scheme) ? servers[scheme] : undefined;
  if (isHttpScheme(scheme)) return httpAddress(text, option);
  if (isNatsScheme(scheme)) return natsAddress(text, option);
  if (server !== undefined) return serverAddress(server, text, `${scheme}://`, option);
  throw new ConfigError(option, scheme === '' ? hidden : `${scheme}:…`, addressForms);
}

function fileAddress(path: string, option: string): FileAddress {
  const expected = badPath(path);
  if (expected !== undefined) {
    throw new ConfigError(option, shownPath(`sqlite:${path}`), `behind "sqlite:" ${expected}`);
  }
  return { kind: 'sqlite', file: path.trim() };
}

function serverAddress(
  { kind, port, env, socket }: Server,
  text: string,
  start: string,
  option: string,
): ServerAddress {
  const refuse = (expected: string): never => {
    throw new ConfigError(option, hidden, expected);
  };
  if (!text.startsWith(start) || !URL.canParse(text)) refuse(`an address such as ${start}user@host/database`);
  const url = new URL(text);
  // A password with one of these characters would end the address's host too early, and be shown as a part of it.
  if (`${url.pathname}${url.search}${url.hash}`.includes('@') || url.hash !== '') {
    refuse(
      'an address in which the characters / ? # @ of a user or password are encoded, as %2F %3F %23 %40',
    );
  }
  const given = (variable: string | undefined) =>
    (variable === undefined ? undefined : process.env[variable]) || undefined;
  const shown = (part: string) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return refuse('an address whose % signs are encoded, as %25');
    }
  };
  return {
    kind,
    url: text,
    host:
      shown(
        (socket === undefined ? null : url.searchParams.get(socket)) ??
          url.hostname.replace(/^\[(.*)\]$/, '$1'),
      ) ||
      given(env.host) ||
      'localhost',
    port: Number(url.port || given(env.port) || port),
    database: shown(url.pathname.slice(1)) || given(env.database),
  };
}
