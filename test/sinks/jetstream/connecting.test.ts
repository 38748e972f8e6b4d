/**
 * How the sink connects: each way to show a user, TLS, several servers, and errors that show no secret.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { nkeys } from '@nats-io/transport-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../dist/bench/harness/free-port.js';
import { createBatchFlow, defineSchema, SinkError, t } from '../../../dist/src/index.js';
import {
  classifyNatsError,
  type JetStreamOptions,
  jetstream,
} from '../../../dist/src/sinks/jetstream/index.js';
import { Certificates } from '../../fixtures/certificates.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { natsCredentials } from '../../fixtures/nats-credentials.js';
import { NatsServer, noNats } from '../../fixtures/nats-server.js';

const Events = defineSchema('events', { id: t.int32() });
const secret = 'sesame5309';

describe.skipIf(noNats)(`connections to NATS ${noNats ?? ''}`, () => {
  let server: NatsServer;
  const nkey = nkeys.createUser();
  const seed = new TextDecoder().decode(nkey.getSeed());
  beforeAll(async () => {
    server = await NatsServer.start(`
      authorization { users: [
        { user: "edge", password: "${secret}" }
        { nkey: "${nkey.getPublicKey()}" }
      ] }`);
  });
  const sinkWith = (options: Partial<JetStreamOptions>) =>
    jetstream({ servers: [`127.0.0.1:${server.port}`], stream: 'C', requireServer: true, ...options });
  /** Resolves when a row is stored. */
  const stores = async (options: Partial<JetStreamOptions>) => {
    const sink = await directSink(sinkWith(options), Events);
    expect(await sink.write([{ id: 1 }])).toBeUndefined();
    await sink.close();
  };
  const fileWith = (name: string, content: string) => {
    const file = join(server.folder, name);
    writeFileSync(file, content);
    return file;
  };

  it('a user and a password: in options, a file, the environment, a URL', async () => {
    await stores({ user: 'edge', password: secret });
    await stores({ user: 'edge', passwordFile: fileWith('password', `${secret}\n`) });
    process.env.BATCHFLOW_TEST_NATS = secret;
    await stores({ user: 'edge', passwordEnv: 'BATCHFLOW_TEST_NATS' });
    const { servers, ...byUrl } = {
      servers: undefined,
      url: `nats://edge:${secret}@127.0.0.1:${server.port}`,
    };
    const sink = await directSink(jetstream({ ...byUrl, stream: 'C', requireServer: true }), Events);
    expect(await sink.write([{ id: 1 }])).toBeUndefined();
  });

  it('an nkey, as text and in a file', async () => {
    await stores({ nkeySeed: seed });
    await stores({ nkeySeedFile: fileWith('seed', `${seed}\n`) });
  });

  it('a token, as text and as the name in a URL', async () => {
    const guarded = await NatsServer.start(`authorization { token: "${secret}" }`);
    for (const options of [
      { servers: [`127.0.0.1:${guarded.port}`], token: secret },
      { url: `nats://${secret}@127.0.0.1:${guarded.port}` },
    ]) {
      const sink = await directSink(jetstream({ ...options, stream: 'C', requireServer: true }), Events);
      expect(await sink.write([{ id: 1 }])).toBeUndefined();
    }
  });

  it('credentials of an account, as text and in a file', async () => {
    const { settings, credentials } = natsCredentials();
    const guarded = await NatsServer.start(settings);
    const servers = [`127.0.0.1:${guarded.port}`];
    for (const options of [{ credentials }, { credentialsFile: fileWith('edge.creds', credentials) }]) {
      const ref = jetstream({ ...options, servers, stream: 'C', requireServer: true });
      const sink = await directSink(ref, Events);
      expect(await sink.write([{ id: 1 }])).toBeUndefined();
    }
  });

  it('a module that gives the client options', async () => {
    const module = fileWith(
      'module.mjs',
      `export default async () => ({ user: 'edge', pass: '${secret}' });`,
    );
    await stores({ connectionModule: new URL(`file://${module}`) });
  });

  it('TLS, with an authority of its own', async () => {
    const certificates = new Certificates();
    const { cert, key } = certificates.sign('server', ['IP:127.0.0.1', 'DNS:localhost']);
    const safe = await NatsServer.start(`tls { cert_file: "${cert}", key_file: "${key}" }`);
    const options = { servers: [`localhost:${safe.port}`], stream: 'C', requireServer: true };
    const sink = await directSink(jetstream({ ...options, ssl: { caFile: certificates.caFile } }), Events);
    expect(await sink.write([{ id: 1 }])).toBeUndefined();
    const error = await errorOf(directSink(jetstream({ ...options, ssl: true }), Events));
    expect(classifyNatsError(error)).toMatchObject({ verdict: 'retry', reason: 'auth' });
    const plain = await errorOf(directSink(sinkWith({ user: 'edge', password: secret, ssl: true }), Events));
    expect(plain?.message).toMatch(/tls/);
  });

  it('several servers, of which one is away', async () => {
    const away = `127.0.0.1:${await freePort()}`;
    for (let i = 0; i < 4; i++) {
      await stores({ servers: [away, `127.0.0.1:${server.port}`], user: 'edge', password: secret });
    }
  });

  it('a wrong password fails a flow that needs its server, and shows no secret', async () => {
    const wrong = sinkWith({ user: 'edge', password: `${secret}x` });
    const error = await errorOf(directSink(wrong, Events));
    expect(error).toBeInstanceOf(SinkError);
    expect(classifyNatsError(error)).toMatchObject({ verdict: 'retry', reason: 'auth' });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    expect(await errorOf(createBatchFlow({ schema: Events, sink: wrong }))).toMatchObject({
      code: 'ERR_SINK',
    });
  });

  it.each([
    [{ user: 'edge', passwordFile: '/nowhere/password' }, /passwordFile cannot be read/],
    [{ tokenEnv: 'BATCHFLOW_NOT_SET' }, /tokenEnv: the environment variable BATCHFLOW_NOT_SET is not set/],
    [{ credentialsFile: '/nowhere/creds' }, /credentialsFile cannot be read/],
    [{ credentials: 'no credentials at all' }, /credentials|nkey|jwt|seed/i],
  ])('%j is an error of its own', async (options, message) => {
    const error = await errorOf(directSink(sinkWith(options), Events));
    expect(error?.message).toMatch(message);
  });
});
