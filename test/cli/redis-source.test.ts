/**
 * `batchflow work` from a stream of Redis: how its address is read, and rows that arrive once.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSourceAddress } from '../../dist/src/cli/source-address.js';
import { Command, folder, selectNumber } from '../fixtures/command.js';
import { event, lines, ndjson } from '../fixtures/ingest.js';
import { mistakeOf } from '../fixtures/mistake-of.js';
import { noRedis, RedisServer } from '../fixtures/redis-server.js';
import { until } from '../fixtures/until.js';

describe('the address of a stream', () => {
  test('has options behind "?", and shows no password', () => {
    const text = 'redis://app:hunter2@h:7000/1?stream=visits&group=g&claimAfterMs=500&deleteAfterAck=true';
    const source = readSourceAddress(text, '--source').sourceFor('sqlite_visits');
    expect(source.shown).toBe('redis://h:7000/1?stream=visits&group=g');
    expect(source.place).toEqual({ scheme: 'redis', host: 'h', port: 7000, database: '1', table: 'visits' });
    expect(source.make().options).toMatchObject({
      ...{ stream: 'visits', group: 'g', claimAfterMs: 500, deleteAfterAck: true },
    });
  });

  test('names the group by what takes the rows, where it names none', () => {
    const source = readSourceAddress('redis://h?stream=visits', '--source').sourceFor('sqlite_visits');
    expect(source.make().options).toMatchObject({ group: 'sqlite_visits' });
  });

  test.each([
    ['redis://app:hunter2@h/0', /\?stream=KEY/],
    ['redis://app:hunter2@h/0?stream=a&colour=red', /stream, group, .* only behind/],
    ['redis://app:hunter?2@h/0', /encoded/],
  ])('%s is refused', (text, expected) => {
    const { message } = mistakeOf(() => readSourceAddress(text, '--source'));
    expect(message).toMatch(expected);
    expect(message).not.toContain('hunter');
  });

  test('refuses a value by the rule of its option', () => {
    const { sourceFor } = readSourceAddress('redis://h?stream=a&claimAfterMs=soon', '--source');
    expect(mistakeOf(() => sourceFor('x').make()).message).toMatch(/--source: got "soon".*for claimAfterMs/);
  });
});

describe.skipIf(noRedis)(`a worker ${noRedis ?? ''}`, () => {
  test('stores what an edge has put into the stream', async () => {
    const redis = await RedisServer.start();
    const cwd = folder();
    const place = `redis://127.0.0.1:${redis.port}/0`;
    const edge = new Command(['serve', '--port=0', `--sink=${place}`, '--identity-column=_id'], cwd);
    const from = `--source=${place}?stream=access_log&identityField=_id`;
    const options = ['--sink=sqlite:events.db', '--identity-column=event_id'];
    const worker = new Command(['work', '--port=0', from, ...options], cwd);
    const url = `${await edge.url()}/v1/events?ack=committed`;
    const body = lines([event('/a'), event('/b')]);
    expect((await fetch(url, { method: 'POST', body, headers: ndjson })).status).toBe(200);
    await worker.says(/Watch it live/);
    const file = join(cwd, 'events.db');
    const stored = () => selectNumber(file, 'SELECT count(DISTINCT event_id) FROM access_log');
    await until(() => stored() === 2, 'the events');
    for (const command of [worker, edge]) {
      command.kill('SIGTERM');
      expect(await command.exit, command.stderr).toBe(0);
    }
    expect(worker.stdout).toContain('2 units received, 2 acknowledged');
  });
});
