/**
 * The way to a cluster, or to a server that sentinels watch: by `@redis/client`, which knows where each key is. Each
 * command goes alone, as the client has no way for commands of several servers at once.
 */
import type { RedisArgument } from '@redis/client';
import { messageOf } from '../describe.js';
import { SinkError } from '../errors.js';
import { needPeers } from '../peer-packages.js';
import { ofRedis } from '../target-errors/redis.js';
import type { Address } from './address.js';
import { endsSession } from './reply-meaning.js';
import { placeOf, type RedisServerSettings } from './server-options.js';
import { commandBuffer, type RedisSession, type ReplySink } from './session.js';
import { argumentsOf } from './wire/commands.js';
import type { RedisValue } from './wire/reply-values.js';

/** What is needed of a client. */
interface Client {
  /** Send one command. */
  send(args: RedisArgument[]): Promise<unknown>;
  /** End it at once. */
  end(): Promise<void>;
}

type Package = typeof import('@redis/client');

export class ClientConnection implements RedisSession {
  readonly buffer = commandBuffer();
  #isUsable = true;
  /** Of the commands that were sent last. */
  #latest: Promise<void> = Promise.resolve();

  private constructor(private readonly client: Client) {}

  /**
   * @param key the only key that commands are about; undefined: each command names its own.
   * @throws what the client says.
   */
  static async open(
    address: Address,
    settings: RedisServerSettings,
    signal: AbortSignal | undefined,
    key: string | undefined,
  ): Promise<ClientConnection> {
    signal?.throwIfAborted();
    const redis = await client();
    const opening =
      settings.cluster === undefined
        ? toMaster(redis, address, settings)
        : toCluster(redis, address, settings, key);
    const connection = new ClientConnection(opening.client);
    const { connectTimeoutMs } = settings;
    const limit = AbortSignal.timeout(connectTimeoutMs);
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal?.aborted ? signal.reason : timeout(connectTimeoutMs));
    });
    limit.addEventListener('abort', leave);
    signal?.addEventListener('abort', leave);
    try {
      await Promise.race([opening.connected(), left]);
      return connection;
    } catch (error) {
      await connection.end();
      throw error;
    } finally {
      limit.removeEventListener('abort', leave);
      signal?.removeEventListener('abort', leave);
    }
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  send(commands: Buffer, _count: number, replies: ReplySink): Promise<void> {
    const sent = Promise.allSettled(argumentsOf(commands).map((args) => this.client.send(args)));
    // Replies are those of rows in their order, whichever server answers first.
    const replied = this.#latest.then(async () => {
      for (const result of await sent) this.#replied(result, replies);
    });
    this.#latest = replied;
    return replied;
  }

  #replied(result: PromiseSettledResult<unknown>, replies: ReplySink): void {
    if (result.status === 'fulfilled') {
      replies.replied(undefined, result.value === null, result.value as RedisValue);
      return;
    }
    const error = result.reason instanceof Error ? result.reason : new SinkError(messageOf(result.reason));
    // What the server has not said is about the connection.
    if (ofRedis(error) === undefined || endsSession(error)) this.#isUsable = false;
    replies.replied(error, false);
  }

  async cancel(): Promise<void> {
    await this.end();
  }

  async end(): Promise<void> {
    this.#isUsable = false;
    await this.client.end();
  }
}

/** @throws PackageError when the package is not installed. */
async function client(): Promise<Package> {
  needPeers('a cluster of Redis, or a sentinel,', ['@redis/client']);
  // Node finds no names in the package's CommonJS.
  const loaded: { default?: Package } & Package = await import('@redis/client');
  return loaded.default ?? loaded;
}

interface Opening {
  readonly client: Client;
  connected(): Promise<unknown>;
}

/** Replies of version 2 of the protocol, whose values are lists, numbers and bytes. */
const version = { RESP: 2 } as const;

function toCluster(
  redis: Package,
  address: Address,
  settings: RedisServerSettings,
  key: string | undefined,
): Opening {
  const options = asBytes(redis);
  const cluster = redis.createCluster({
    ...version,
    rootNodes: (settings.cluster ?? []).map((place) => ({ socket: socketOf(place, address, settings) })),
    defaults: { ...userOf(address, settings), socket: socketOf(undefined, address, settings) },
  });
  // Each write learns of it by its own commands.
  cluster.on('error', () => {});
  return {
    client: {
      send: (args) => cluster.sendCommand(key ?? keyOf(args), false, args, options),
      end: async () =>
        void (await Promise.resolve()
          .then(() => cluster.destroy())
          .catch(() => {})),
    },
    connected: () => cluster.connect(),
  };
}

function toMaster(redis: Package, address: Address, settings: RedisServerSettings): Opening {
  const { name, nodes, password } = settings.sentinel as NonNullable<RedisServerSettings['sentinel']>;
  const socket = socketOf(undefined, address, settings);
  const options = asBytes(redis);
  const sentinel = redis.createSentinel({
    name,
    sentinelRootNodes: nodes.map((place) => placeOf(place) as { host: string; port: number }),
    ...version,
    nodeClientOptions: {
      ...version,
      ...userOf(address, settings),
      database: address.database,
      socket,
    },
    sentinelClientOptions: {
      ...(password !== undefined && { password }),
      socket: { connectTimeout: settings.connectTimeoutMs },
    },
  } as Parameters<Package['createSentinel']>[0]);
  sentinel.on('error', () => {});
  return {
    client: {
      send: (args) => sentinel.sendCommand(false, args, options),
      end: async () => void (await sentinel.destroy().catch(() => {})),
    },
    connected: () => sentinel.connect(),
  };
}

/** Texts as bytes: fields of entries need not be UTF-8. */
function asBytes({ RESP_TYPES }: Package) {
  return { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
}

function userOf({ user, password }: Address, { applicationName }: RedisServerSettings) {
  return {
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    name: applicationName.replace(/[^!-~]/g, '_'),
  };
}

function socketOf(place: string | undefined, { tls }: Address, { connectTimeoutMs }: RedisServerSettings) {
  return {
    ...(place !== undefined && placeOf(place)),
    ...(tls !== undefined && { ...tls, tls: true as const }),
    connectTimeout: connectTimeoutMs,
  };
}

/** Commands whose third argument says how many keys follow it. */
const withScripts = /^(eval|evalsha|fcall)$/i;

/** The argument that says where in a cluster a command goes. */
function keyOf(args: RedisArgument[]): RedisArgument | undefined {
  return withScripts.test(String(args[0])) ? args[3] : args[1];
}

function timeout(ms: number): Error {
  return Object.assign(new Error(`no connection to Redis within ${ms} ms`), { code: 'ETIMEDOUT' });
}
