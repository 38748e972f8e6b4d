/**
 * `batchflow` with Redis as its sink: rows arrive, the place is shown, and the password nowhere.
 */
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { Command, folder } from '../fixtures/command.js';
import { event, json, lines, ndjson } from '../fixtures/ingest.js';
import { writeLetters } from '../fixtures/letters.js';
import { noRedis, RedisServer } from '../fixtures/redis-server.js';
import { until } from '../fixtures/until.js';

const clicks = defineSchema('clicks', { id: t.int32() });
const password = 'h/unt?er#2@%';
const encoded = encodeURIComponent(password);

describe.skipIf(noRedis)(`batchflow and Redis ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
    await server.raw('ACL', 'SETUSER', 'app', 'on', `>${password}`, '~*', '+@all');
  });
  beforeEach(async () => {
    await server.raw('FLUSHALL');
  });

  const address = (given: string) => `redis://app:${given}@127.0.0.1:${server.port}/0`;
  const serve = (sink: string, args: readonly string[] = []) =>
    new Command(['serve', '--port', '0', '--sink-env', 'SINK', ...args], folder(), { SINK: sink });
  function expectNoSecret(...texts: string[]): void {
    for (const text of texts)
      for (const secret of [password, encoded, 'h/unt', 'h%2F']) expect(text).not.toContain(secret);
  }

  test('serve stores events, shows the place, and the password nowhere', async () => {
    const command = serve(address(encoded), [
      '--redis-stream',
      'visits:{method}',
      '--identity-column',
      '_id',
    ]);
    const url = await command.url();
    const answer = await fetch(`${url}/v1/events?ack=committed`, {
      method: 'POST',
      body: lines([event(), event()]),
      headers: ndjson,
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { committed: 2 }]);
    const key = `visits:${(event() as { method: string }).method}`;
    const entries = (await server.command('XRANGE', key, '-', '+')) as [string, string[]][];
    expect(entries.map(([, fields]) => fields[0])).toEqual(['_id', '_id']);
    // Redis keeps no entry from being there twice: to take a key would promise that.
    const keyed = await fetch(`${url}/v1/events`, {
      method: 'POST',
      body: lines([event()]),
      headers: { ...ndjson, 'idempotency-key': 'a-key-of-16-chars' },
    });
    expect([keyed.status, await keyed.json()]).toMatchObject([
      400,
      { code: 'bad_idempotency_key', accepted: 0 },
    ]);
    const stats = await (await fetch(`${url}/stats`)).text();
    const target = {
      scheme: 'redis',
      host: '127.0.0.1',
      port: server.port,
      database: '0',
      table: 'visits:{method}',
    };
    expect(JSON.parse(stats).target).toEqual(target);
    command.kill('SIGTERM');
    expect(await command.exit).toBe(0);
    expect(command.stdout).toContain(`stream "visits:{method}" in redis://127.0.0.1:${server.port}/0.`);
    expectNoSecret(stats, command.stdout, command.stderr);
  });

  test('a wrong password: the service tries on, and shows neither', async () => {
    const command = serve(address(`${encoded}wrong`), ['--max-attempts', '1']);
    const url = await command.url();
    const answer = await fetch(`${url}/v1/events?ack=committed`, {
      method: 'POST',
      body: JSON.stringify(event()),
      headers: json,
    });
    expect(answer.status).toBe(500);
    await until(() => /cannot connect to Redis: WRONGPASS/.test(command.stderr), 'the reason');
    command.kill('SIGTERM');
    expect(await command.exit).toBe(0);
    expectNoSecret(await answer.text(), command.stdout, command.stderr);
  });

  test.each([
    [['--sink-table', 'x'], '--sink-table'],
    [['--conflict', 'ignore'], '--conflict'],
    [['--redis-stream', 'a', '--redis-list', 'b'], '--redis-list'],
    [['--redis-hash', 'user:{'], '--redis-hash'],
    [['--redis-list', 'l', '--identity-column', '_id'], '--identity-column'],
  ])('refuses %j', async (args, option) => {
    const command = serve(address(encoded), args);
    expect(await command.exit).toBe(2);
    expect(command.stderr).toContain(option);
    expectNoSecret(command.stderr);
  });

  test('options of Redis are refused for other sinks, and addresses with a path that is no number', async () => {
    for (const [sink, args, option] of [
      ['sqlite:x.db', ['--redis-list', 'x'], '--redis-list'],
      [`redis://app:${encoded}@h/name`, [], '--sink'],
    ] as const) {
      const command = serve(sink, args);
      expect(await command.exit).toBe(2);
      expect(command.stderr).toContain(option);
      expectNoSecret(command.stderr);
    }
  });

  test('dead letters go into it', async () => {
    const cwd = folder();
    await writeLetters(join(cwd, 'letters.db'), clicks, [{ id: 1 }, { id: 2 }]);
    const options = ['--file', 'letters.db', '--sink-env', 'SINK'];
    const replay = (sink: string, ...args: string[]) =>
      new Command(['dead-letters', 'replay', ...options, ...args], cwd, { SINK: sink });
    const refused = replay(address('wrong'));
    expect(await refused.exit).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(/cannot connect to/);
    const done = replay(address(encoded), '--redis-hash', 'click:{id}', '--identity-column', '_id');
    expect(await done.exit, done.stderr).toBe(0);
    expect(done.stdout).toBe('2 replayed, 0 failed again\n');
    expect(await server.command('HGET', 'click:2', 'id')).toBe('2');
    expect(await server.command('HGET', 'click:2', '_id')).toHaveLength(34);
  });
});
