/**
 * `batchflow` with targets by HTTP: what each option means for HTTP, InfluxDB and Elasticsearch, and what is refused.
 */
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { Command, folder } from '../fixtures/command.js';
import { ElasticsearchDouble } from '../fixtures/elasticsearch-double.js';
import { HttpTarget, status } from '../fixtures/http-target.js';
import { event, lines, ndjson } from '../fixtures/ingest.js';
import { writeLetters } from '../fixtures/letters.js';

const clicks = defineSchema('clicks', { id: t.int32() });
const secret = 'h/unt?er#2@%';
const encoded = encodeURIComponent(secret);
const token = 'token-of-the-sink';

const serve = (sink: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
  new Command(['serve', '--port', '0', '--sink-env', 'SINK', ...args], folder(), { SINK: sink, ...env });

async function send(url: string, headers: Record<string, string> = {}) {
  const body = lines([event(), event()]);
  const answer = await fetch(`${url}/v1/events?ack=committed`, {
    method: 'POST',
    body,
    headers: { ...ndjson, ...headers },
  });
  return [answer.status, await answer.json()] as [number, Record<string, unknown>];
}

async function stopped(command: Command): Promise<string> {
  command.kill('SIGTERM');
  expect(await command.exit, command.stderr).toBe(0);
  return command.stdout + command.stderr;
}

function expectNoSecret(...texts: string[]): void {
  for (const text of texts)
    for (const each of [secret, encoded, token, 'h/unt', 'query-secret']) expect(text).not.toContain(each);
}

async function double(): Promise<ElasticsearchDouble> {
  const started = await ElasticsearchDouble.start();
  onTestFinished(() => started.stop());
  return started;
}

describe('batchflow serve', () => {
  test('by HTTP: NDJSON, the token of the environment, the identity in its field', async () => {
    const target = await HttpTarget.start();
    const address = `${target.url.replace('//', `//app:${encoded}@`)}?key=query-secret`;
    const command = serve(address, ['--identity-column', '_id'], { BATCHFLOW_SINK_TOKEN: token });
    const url = await command.url();
    expect(await send(url)).toMatchObject([200, { committed: 2 }]);
    const [{ headers, body, url: path }] = target.received as [(typeof target.received)[0]];
    expect(headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-ndjson',
    });
    expect(path).toBe('/in?key=query-secret');
    const rows = body
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toMatchObject([{ method: 'GET' }, { method: 'GET' }]);
    expect(new Set(rows.map(({ _id }) => _id)).size).toBe(2);
    // The target is not known to keep a row once.
    expect((await send(url, { 'idempotency-key': 'a-key-of-16-chars' }))[0]).toBe(400);
    target.usual = status(500, `no: ${token}`);
    const stats = await (await fetch(`${url}/stats`)).text();
    expectNoSecret(stats, await stopped(command));
  });

  test('into InfluxDB: the measurement, the token', async () => {
    const target = await HttpTarget.start();
    target.usual = status(204);
    const address = `influx+http://127.0.0.1:${target.port}?org=o&bucket=b`;
    const command = serve(address, ['--sink-table', 'visits'], { BATCHFLOW_SINK_TOKEN: token });
    expect(await send(await command.url())).toMatchObject([200, { committed: 2 }]);
    expect(target.received[0]).toMatchObject({
      url: '/api/v2/write?bucket=b&org=o&precision=ns',
      headers: { authorization: `Token ${token}` },
    });
    expect(target.received[0]?.body.toString()).toMatch(/^visits,/);
    const shown = await stopped(command);
    expect(shown).toContain(`measurement "visits" in influx://127.0.0.1:${target.port}/b.`);
    expectNoSecret(shown);
  });

  test('into Elasticsearch: the index, the key, and each line of a request once', async () => {
    const server = await double();
    const address = `elasticsearch+${server.url}`;
    const options = ['--sink-table', 'visits', '--identity-column', 'event_id'];
    const command = serve(address, options, { BATCHFLOW_SINK_TOKEN: token });
    const url = await command.url();
    const key = { 'idempotency-key': 'a-key-of-16-chars' };
    expect(await send(url, key)).toMatchObject([200, { committed: 2 }]);
    expect(await send(url, key)).toMatchObject([200, { committed: 2, duplicates: 2 }]);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: `ApiKey ${token}` });
    const documents = [...(server.indexes.get('visits') ?? [])];
    expect(documents).toHaveLength(2);
    for (const [id, { source }] of documents) expect(source.event_id).toBe(id);
    expectNoSecret(await stopped(command));
  });

  test.each([
    ['http://h/in', ['--sink-table', 'x'], '--sink-table'],
    ['http://h/in', ['--conflict', 'ignore'], '--conflict'],
    ['influx+http://h?db=x', ['--identity-column', 'x'], '--identity-column'],
    ['influx+http://h', [], 'either `database`'],
    ['influx+http://h?database=x', [], 'with db, rp, bucket, org, precision only'],
    ['elasticsearch+http://h', ['--sink-table', 'Visits'], '--sink-table'],
    ['elasticsearch+http://h', ['--redis-list', 'x'], '--redis-list'],
    [`http://app:${secret}@h/`, [], 'an address such as'],
    ['ftp://h/', [], 'elasticsearch+https://'],
  ])('refuses %s with %j', async (address, args, expected) => {
    const command = serve(address, args);
    expect(await command.exit).toBe(2);
    expect(command.stderr).toContain(expected);
    expectNoSecret(command.stderr);
  });
});

describe('batchflow dead-letters replay', () => {
  test.each(['http', 'influx', 'elasticsearch'])(
    'into %s: what fails stays, then all arrive',
    async (kind) => {
      const target = await HttpTarget.start();
      const server = await double();
      const address = {
        http: target.url,
        influx: `influx+http://127.0.0.1:${target.port}?db=x`,
        elasticsearch: `elasticsearch+${server.url}`,
      }[kind] as string;
      const cwd = folder();
      await writeLetters(join(cwd, 'letters.db'), clicks, [{ id: 1 }, { id: 2 }]);
      const replay = () =>
        new Command(['dead-letters', 'replay', '--file', 'letters.db', '--sink-env', 'SINK'], cwd, {
          SINK: address,
        });
      const isBad = (text: string) => /id"?[:=]2/.test(text);
      target.usual = (response, { body }) =>
        void response.writeHead(isBad(body.toString()) ? 400 : 204).end('no');
      server.refuse = ({ id }) =>
        id === 2 ? { status: 400, error: { type: 'no', reason: 'no' } } : undefined;
      const refused = replay();
      expect(await refused.exit).toBe(1);
      expect(refused.stdout).toBe('1 replayed, 1 failed again\n');
      expect(refused.stderr).toMatch(/was answered with 400/);
      target.usual = status(204);
      server.refuse = () => undefined;
      const done = replay();
      expect(await done.exit, done.stderr).toBe(0);
      expect(done.stdout).toBe('1 replayed, 0 failed again\n');
      const posts = target.received.filter(({ method }) => method === 'POST');
      const bodies = posts.map(({ body }) => body.toString());
      if (kind === 'elasticsearch') expect(server.sources('clicks')).toEqual([{ id: 1 }, { id: 2 }]);
      else expect(bodies.map((body) => /id"?[:=](\d)/.exec(body)?.[1])).toEqual(['1', '2']);
    },
  );
});
