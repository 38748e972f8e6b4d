/**
 * Addresses of streams of JetStream: `nats://user:password@a:4222,b:4222/STREAM?consumer=NAME`, and how to connect.
 *
 * What an address leaves out comes from the variables that NATS's own command line has. Files and variables are read by
 * the thread that connects, so that secrets stand in no list of processes.
 */
import { ConfigError } from '../errors.js';
import { type NatsOptions, streamName } from '../nats/options.js';
import { hidden } from '../options/rules.js';
import { parametersOf } from './address-parameters.js';

/** A stream, and what can be shown of its place. */
export interface NatsAddress {
  readonly kind: 'nats';
  readonly stream: string;
  /** How to connect, with secrets. */
  readonly connection: NatsOptions;
  /** Servers, as `host:port`. */
  readonly servers: readonly string[];
  readonly host: string;
  readonly port: number;
  /** The stream, as other targets have a database. */
  readonly database: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const usualPort = 4222;

export const natsForm = 'nats://user@host:4222/STREAM or tls://…';

export function isNatsScheme(scheme: string): boolean {
  return scheme === 'nats' || scheme === 'tls';
}

/**
 * Read an address.
 *
 * @param option the option that gave it, for errors.
 * @param parameters those that it may have behind `?`, beside `domain`.
 * @throws ConfigError, which shows no secret.
 */
export function natsAddress(text: string, option: string, parameters: readonly string[] = []): NatsAddress {
  const refuse = (expected: string): never => {
    throw new ConfigError(option, hidden, expected);
  };
  const [, scheme = '', authority = '', path = '', query = '', hash = ''] =
    /^(nats|tls):\/\/([^/?#]*)\/?([^?#]*)\??([^#]*)(#?.*)$/s.exec(text) ??
    refuse(`an address such as ${natsForm}`);
  // A password with one of these characters would end the address's host too early, and be shown as a part of it.
  if (`${path}${query}${hash}`.includes('@') || hash !== '') {
    refuse(
      'an address in which the characters / ? # @ of a user or password are encoded, as %2F %3F %23 %40',
    );
  }
  const decoded = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      return refuse('an address whose % signs are encoded, as %25');
    }
  };
  const at = authority.lastIndexOf('@');
  // A name or password has its @ as %40: this is a user for each server, of which there can be one for all.
  if (authority.indexOf('@') !== at)
    refuse('an address with one user for all of its servers, before the first one');
  const servers = serversOf(authority.slice(at + 1), refuse);
  const stream = decoded(path);
  if (stream === '') refuse("an address with the stream's name behind the host: nats://host:4222/STREAM");
  streamName.check(stream, `the stream of ${option}`);
  const found = parametersOf(query, ['domain', ...parameters], refuse);
  const [host, port] = partsOf(servers[0] ?? shownDefault());
  return {
    ...{ kind: 'nats', stream, port, database: stream, parameters: found },
    host: host.replace(/^\[(.*)\]$/, '$1'),
    servers: servers.length === 0 ? [`${host}:${port}`] : servers,
    connection: {
      ...(servers.length > 0 && { servers: servers.map((server) => `${scheme}://${server}`) }),
      ...userOf(at < 0 ? undefined : authority.slice(0, at), decoded),
      ...tlsOf(),
      ...(found.domain !== undefined && { domain: found.domain }),
    },
  };
}

/** A stream in a word. */
export function natsPlace({ servers, stream }: NatsAddress): string {
  return `nats://${servers.join(',')}/${stream}`;
}

/** @returns none where the environment, or the local machine, has the server. */
function serversOf(hosts: string, refuse: (expected: string) => never): string[] {
  if (hosts === '') return [];
  return hosts.split(',').map((host) => {
    if (host === '' || !URL.canParse(`nats://${host}`))
      refuse(`hosts with commas between them, as in ${natsForm}`);
    return partsOf(host).join(':');
  });
}

/** The server that a connection without one goes to, without a user. */
function shownDefault(): string {
  const text = (process.env.NATS_URL ?? '').replace(/^[a-z]+:\/\//i, '').replace(/^.*@/s, '');
  return text !== '' && URL.canParse(`nats://${text}`) ? text : 'localhost';
}

function partsOf(server: string): [host: string, port: number] {
  const { hostname, port } = new URL(`nats://${server}`);
  return [hostname, Number(port || usualPort)];
}

/** A name alone is a token, as NATS has it, unless the environment has its password. */
function userOf(given: string | undefined, decoded: (part: string) => string): NatsOptions {
  const { NATS_USER: user, NATS_PASSWORD: password } = process.env;
  if (given !== undefined) {
    const [name = '', ...rest] = given.split(':');
    if (rest.length > 0) return { user: decoded(name), password: decoded(rest.join(':')) };
    return password ? { user: decoded(name), passwordEnv: 'NATS_PASSWORD' } : { token: decoded(name) };
  }
  if (process.env.NATS_CREDS) return { credentialsFile: process.env.NATS_CREDS };
  if (process.env.NATS_NKEY) return { nkeySeedFile: process.env.NATS_NKEY };
  if (process.env.NATS_TOKEN) return { tokenEnv: 'NATS_TOKEN' };
  return user ? { user, ...(password && { passwordEnv: 'NATS_PASSWORD' }) } : {};
}

function tlsOf(): Pick<NatsOptions, 'ssl'> {
  const { NATS_CA: caFile, NATS_CERT: certFile, NATS_KEY: keyFile } = process.env;
  const files = { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
  return Object.keys(files).length === 0 ? {} : { ssl: files };
}
