/**
 * `batchflow serve` before a stream of JetStream, as an edge: events become messages, `ack=committed` waits for the
 * stream, keys of clients travel as identities, and the password is shown nowhere.
 */
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { unpack } from '../../dist/src/packed/unpack.js';
import { Command, folder } from '../fixtures/command.js';
import { event, json, lines, ndjson } from '../fixtures/ingest.js';
import { writeLetters } from '../fixtures/letters.js';
import { NatsServer, noNats } from '../fixtures/nats-server.js';
import { until } from '../fixtures/until.js';

const clicks = defineSchema('clicks', { id: t.int32() });
const password = 'h/unt?er#2@%';
const encoded = encodeURIComponent(password);
const user = { user: 'app', pass: password };

describe.skipIf(noNats)(`batchflow and JetStream ${noNats ?? ''}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start(`authorization { users: [{ user: app, password: "${password}" }] }`);
  });
  beforeEach(async () => {
    const manager = await server.manager(user);
    for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  });

  const address = (given: string, path = '/EVENTS') => `nats://app:${given}@127.0.0.1:${server.port}${path}`;
  const serve = (sink: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
    new Command(['serve', '--port', '0', '--sink-env', 'SINK', ...args], folder(), { SINK: sink, ...env });
  const post = (
    url: string,
    body: string,
    headers: Record<string, string> = ndjson,
    query = '?ack=committed',
  ) => fetch(`${url}/v1/events${query}`, { method: 'POST', body, headers });
  const stop = async (command: Command) => {
    command.kill('SIGTERM');
    expect(await command.exit).toBe(0);
  };
  const rows = async () =>
    (await server.messages('EVENTS', user))
      .map(({ data }) => unpack(data))
      .flatMap((batch) => Array.from(batch, (row, i) => ({ row, identity: batch.identity(i) })));

  function expectNoSecret(...texts: string[]): void {
    for (const text of texts)
      for (const secret of [password, encoded, 'h/unt', 'h%2F']) expect(text).not.toContain(secret);
  }

  test('serve makes the stream, stores events, shows the place, and the password nowhere', async () => {
    const options = ['--partitions', '4', '--partition-by', 'path', '--subject', 'in.{schema}.{partition}'];
    const command = serve(address(encoded), [...options, '--replicas', '1', '--retention', 'workqueue']);
    const url = await command.url();
    const answer = await post(url, lines([event(), event()]));
    expect([answer.status, await answer.json()]).toEqual([200, { committed: 2 }]);
    const stored = await server.messages('EVENTS', user);
    expect(stored[0]?.subject).toMatch(/^in\.access_log\.[0-3]$/);
    expect(await rows()).toHaveLength(2);
    const { config } = await (await server.manager(user)).streams.info('EVENTS');
    expect(config).toMatchObject({ num_replicas: 1, retention: 'workqueue', subjects: ['in.*.*'] });
    const stats = await (await fetch(`${url}/stats`)).text();
    expect(JSON.parse(stats).target).toEqual({
      ...{ scheme: 'nats', host: '127.0.0.1', port: server.port, database: 'EVENTS' },
      table: 'in.access_log.0 to in.access_log.3',
    });
    await stop(command);
    const place = `nats://127.0.0.1:${server.port}/EVENTS`;
    expect(command.stdout).toContain(`subject "in.access_log.0 to in.access_log.3" in ${place}.`);
    expect(command.stdout).toContain(`2 rows committed to ${place}\n`);
    expectNoSecret(stats, command.stdout, command.stderr);
  });

  test('ack=committed waits until the stream has the events', async () => {
    const command = serve(address(encoded), ['--ack-timeout-ms', '300']);
    const url = await command.url();
    await server.stop('SIGKILL');
    const late = await post(url, lines([event()]));
    expect([late.status, await late.json()]).toMatchObject([504, { code: 'commit_timeout', accepted: 1 }]);
    await server.run();
    await until(async () => (await rows()).length === 1, 'the event that waited');
    await stop(command);
    expect(command.stdout).toContain('1 row committed');
  }, 30_000);

  test('of several servers one is enough, and what the address leaves out comes from the environment', async () => {
    const dead = 'nats://127.0.0.1:1';
    const hosts = `nats://127.0.0.1:1,127.0.0.1:${server.port}/EVENTS`;
    const named = serve(hosts, [], { NATS_USER: 'app', NATS_PASSWORD: password });
    const bare = serve('nats:///EVENTS', [], { NATS_URL: address(encoded, '') });
    expect((await post(await named.url(), lines([event()]))).status).toBe(200);
    await stop(named);
    expect(named.stdout).toContain(`in ${dead},127.0.0.1:${server.port}/EVENTS.`);
    expect((await post(await bare.url(), lines([event()]))).status).toBe(200);
    await stop(bare);
    expect(await rows()).toHaveLength(2);
    expectNoSecret(named.stdout, named.stderr, bare.stdout, bare.stderr);
  });

  describe('keys of clients', () => {
    const keyed = { ...ndjson, 'idempotency-key': 'a-key-of-16-chars' };
    const body = lines([event(), event('/b')]);

    test('are refused where nobody says that readers keep each row once', async () => {
      const command = serve(address(encoded));
      const answer = await post(await command.url(), body, keyed);
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { code: 'bad_idempotency_key', message: expect.stringContaining('--idempotency-keys') },
      ]);
      await stop(command);
    });

    test('become identities in messages, the same from each edge, and no answer counts duplicates', async () => {
      const options = ['--idempotency-keys', '--token', 'one for all'];
      const headers = { ...keyed, authorization: 'Bearer one for all' };
      const edges = [serve(address(encoded), options), serve(address(encoded), options)];
      for (const edge of edges) {
        // Grouped otherwise at each edge, so that the stream knows nothing of it.
        const [first, second] = body.split('\n').filter((line) => line !== '');
        const parts = edge === edges[0] ? [body] : [`${first}\n`, `${second}\n`];
        for (const [i, part] of parts.entries()) {
          const line = { ...headers, 'idempotency-first-line': String(i + 1) };
          const answer = await post(await edge.url(), part, line);
          const answered = await answer.json();
          expect([answer.status, answered]).toEqual([200, { committed: parts.length === 1 ? 2 : 1 }]);
        }
        await stop(edge);
      }
      const identities = (await rows()).map(({ identity }) => identity);
      expect(identities).toHaveLength(4);
      expect(identities.slice(2)).toEqual(identities.slice(0, 2));
      expect(new Set(identities).size).toBe(2);
    });
  });

  test('JSON messages have one event each, and its identity where that is wanted', async () => {
    const command = serve(address(encoded), ['--message-format', 'json', '--identity-column', '_id']);
    expect((await post(await command.url(), lines([event(), event()]))).status).toBe(200);
    await stop(command);
    const stored = (await server.messages('EVENTS', user)).map(({ data }) =>
      JSON.parse(Buffer.from(data).toString()),
    );
    expect(stored).toMatchObject([{ method: 'GET', _id: expect.any(String) }, { method: 'GET' }]);
  });

  test('a wrong password: the service tries on, and shows neither', async () => {
    const command = serve(address(`${encoded}wrong`), ['--max-attempts', '1']);
    const answer = await post(await command.url(), JSON.stringify(event()), json);
    expect(answer.status).toBe(500);
    await until(() => /Authorization Violation/i.test(command.stderr), 'the reason');
    await stop(command);
    expectNoSecret(await answer.text(), command.stdout, command.stderr);
  });

  test('dead letters go into it, with the identities that they have', async () => {
    const cwd = folder();
    await writeLetters(join(cwd, 'letters.db'), clicks, [{ id: 1 }, { id: 2 }]);
    const options = ['--file', 'letters.db', '--sink-env', 'SINK'];
    const replay = (...args: string[]) =>
      new Command(['dead-letters', 'replay', ...options, ...args], cwd, { SINK: address(encoded) });
    const missing = replay();
    expect(await missing.exit).toBe(1);
    expect(missing.stdout + missing.stderr).toMatch(/there is no such stream/);
    const list = new Command(['dead-letters', 'list', '--json', '--file', 'letters.db'], cwd);
    expect(await list.exit).toBe(0);
    const letters = list.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).identity as string);
    const done = replay('--create', '--subject', 'events.{schema}.{partition}');
    expect(await done.exit, done.stderr).toBe(0);
    expect(done.stdout).toBe('2 replayed, 0 failed again\n');
    const stored = await rows();
    expect(stored.map(({ row }) => (row as { id: number }).id).sort()).toEqual([1, 2]);
    expect(stored.map(({ identity }) => identity).sort()).toEqual(letters.sort());
  });
});
