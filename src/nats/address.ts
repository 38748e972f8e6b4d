/**
 * Where a connection goes, and how it shows its user: what options, files and the environment say, as options of the
 * client.
 */
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { SinkError } from '../errors.js';
import { isDecodable } from '../sinks/connections/connection-options.js';
import {
  defined,
  fromModule,
  passwordOf,
  secretText,
  tlsOf,
} from '../sinks/connections/connection-secrets.js';
import type { NatsSettings } from './options.js';

/** The client's package. */
export type NatsPackage = typeof import('@nats-io/transport-node');

/**
 * The client's options for one more connection.
 *
 * @throws SinkError when a file cannot be read, a variable is not set, or a module gives nothing of use.
 */
export async function addressOf(settings: NatsSettings, nats: NatsPackage): Promise<NodeConnectionOptions> {
  const { connectionModule, servers, ssl } = settings;
  const own = connectionModule === undefined ? {} : await fromModule<NodeConnectionOptions>(connectionModule);
  const text = settings.url ?? (servers === undefined ? process.env.NATS_URL || undefined : undefined);
  const url = text === undefined ? undefined : urlOf(text);
  const saysTls = url?.protocol === 'tls:' || servers?.some((server) => server.startsWith('tls://')) === true;
  const tls = ssl === false ? (saysTls ? {} : undefined) : await tlsOf(ssl === true ? {} : ssl);
  return {
    servers: url === undefined ? [...(servers ?? ['localhost:4222'])] : [url.host],
    ...(await userOf(settings, url, nats)),
    ...(tls !== undefined && {
      tls: { minVersion: 'TLSv1.2', ...tls } as NonNullable<NodeConnectionOptions['tls']>,
    }),
    name: settings.applicationName,
    timeout: settings.connectTimeoutMs,
    ...own,
    // A batch that is tried again connects anew; what is under way must end when its connection does.
    reconnect: false,
    noAsyncTraces: true,
  };
}

async function userOf(settings: NatsSettings, url: URL | undefined, nats: NatsPackage) {
  const password = (await passwordOf(settings)) ?? settings.password;
  const token = (await secretText(settings.tokenFile, settings.tokenEnv, 'token')) ?? settings.token;
  const seed = (await secretText(settings.nkeySeedFile, undefined, 'nkeySeed')) ?? settings.nkeySeed;
  const { credentialsFile, credentials } = settings;
  const creds = (await secretText(credentialsFile, undefined, 'credentials')) ?? credentials;
  const bytes = (secret: string) => new TextEncoder().encode(secret);
  // The client looks for the end of the last line.
  if (creds !== undefined) return { authenticator: nats.credsAuthenticator(bytes(`${creds}\n`)) };
  if (seed !== undefined) return { authenticator: nats.nkeyAuthenticator(bytes(seed.trim())) };
  if (token !== undefined) return { token };
  const user = settings.user ?? shown(url?.username);
  const pass = password ?? shown(url?.password);
  // A name alone in a URL is a token.
  if (settings.user === undefined && user !== undefined && pass === undefined) return { token: user };
  return defined({ user, pass });
}

function shown(part: string | undefined): string | undefined {
  return part === undefined || part === '' ? undefined : decodeURIComponent(part);
}

/** @throws SinkError for what is no URL of NATS, as the environment may have it. */
function urlOf(text: string): URL {
  // Without a scheme it is a server, as the client's own programs have it.
  const full = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol))
    throw new SinkError('the address of the server is no URL such as nats://user@host:4222');
  if (!isDecodable(full))
    throw new SinkError('% signs in the address of the server are to be encoded, as %25');
  return url;
}
