/**
 * `batchflow` with a target by HTTP as its sink: rows arrive, places are shown, and passwords and tokens nowhere.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpAddress } from '../../dist/src/cli/http-address.js';
import { defineSchema, t } from '../../dist/src/index.js';
import { Command, folder } from '../fixtures/command.js';
import { HttpTarget, status } from '../fixtures/http-target.js';
import { event, lines, ndjson } from '../fixtures/ingest.js';
import { writeLetters } from '../fixtures/letters.js';

const secrets = ['hunter2pass', 'tok-en-value'];

test.each([
  ['http', '', { scheme: 'http', table: undefined }],
  ['influx', '&db=metrics', { scheme: 'influx', database: 'metrics', table: 'access_log' }],
])('serve sends events by %s and shows no secret', async (kind, more, expected) => {
  const target = await HttpTarget.start();
  const prefix = kind === 'influx' ? 'influx+' : '';
  const query = kind === 'influx' ? more.slice(1) : 'key=hunter2pass';
  const address = `${prefix}http://127.0.0.1:${target.port}/base?${query}`;
  const env = { SINK: address, BATCHFLOW_SINK_TOKEN: 'tok-en-value' };
  const command = new Command(['serve', '--port', '0', '--sink-env', 'SINK'], folder(), env);
  const url = await command.url();
  const post = () =>
    fetch(`${url}/v1/events?ack=committed`, {
      ...{ method: 'POST', body: lines([event(), event()]), headers: ndjson },
    });
  // InfluxDB answers so, and others may.
  target.usual = status(204);
  target.next.push(status(503, 'tok-en-value'));
  const answer = await post();
  expect([answer.status, await answer.json()]).toMatchObject([200, { committed: 2 }]);
  const [received] = target.received;
  const scheme = kind === 'influx' ? 'Token' : 'Bearer';
  expect(received?.headers.authorization).toBe(`${scheme} tok-en-value`);
  expect(received?.url).toBe(
    kind === 'influx' ? '/base/write?db=metrics&precision=n' : '/base?key=hunter2pass',
  );
  expect(received?.body.toString().trim().split('\n')).toHaveLength(2);
  const stats = await (await fetch(`${url}/stats`)).text();
  const { table, ...shown } = JSON.parse(stats).target;
  expect(shown).toMatchObject({ scheme: expected.scheme, host: '127.0.0.1', port: target.port });
  expect(table === undefined).toBe(kind === 'http');
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  for (const text of [stats, command.stdout, command.stderr]) {
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
});

test('dead letters are replayed to an address', async () => {
  const target = await HttpTarget.start();
  const clicks = defineSchema('clicks', { id: t.int32() });
  const cwd = folder();
  const file = join(cwd, 'letters.db');
  await writeLetters(file, clicks, [{ id: 1 }, { id: 2 }]);
  const replay = new Command(['dead-letters', 'replay', '--file', file, '--sink', target.url], cwd);
  expect(await replay.exit).toBe(0);
  const sent = target.received.flatMap(({ body }) => body.toString().trim().split('\n'));
  expect(sent.map((line) => JSON.parse(line))).toEqual([{ id: 1 }, { id: 2 }]);
});

test.each([
  'http:/nowhere',
  'https://u:p/a@host/',
  'influx+http://host?database=x',
  'influx+https://u:sec@host?org=@',
])('the address %s is refused and not shown', (address) => {
  expect(() => httpAddress(address, '--sink')).toThrow(/--sink: got "\[hidden\]"/);
});
