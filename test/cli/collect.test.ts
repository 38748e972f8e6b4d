/**
 * `batchflow collect` takes events by HTTP and by StatsD, counts and sends what is left when it is told to end, and
 * refuses options that cannot work.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { Command, folder } from '../fixtures/command.js';
import { listening } from '../fixtures/raw-http.js';
import { until } from '../fixtures/until.js';

async function start(args: readonly string[] = [], env: Record<string, string> = {}) {
  const command = new Command(['collect', '--port', '0', ...args], folder(), env);
  const [, url] = await command.says(/collects metric events on (http:\S+)\/events/);
  await command.says(/Stop: Ctrl-C/);
  return { command, url: url as string };
}

const post = (url: string, events: unknown) =>
  fetch(`${url}/events`, {
    method: 'POST',
    body: JSON.stringify(events),
    headers: { 'content-type': 'application/json' },
  });

const event = { type: 'counter', name: 'jobs_total', value: 2 };

async function ended(args: readonly string[], env: Record<string, string> = {}) {
  const command = new Command(['collect', ...args], folder(), env);
  return { code: await command.exit, said: command.stderr };
}

it('counts what comes over HTTP and over UDP, and shows it', async () => {
  const { command, url } = await start(['--statsd', '127.0.0.1:0', '--flush-interval', '0.01']);
  const [, port] = await command.says(/lines of StatsD on UDP 127\.0\.0\.1:(\d+)/);
  expect((await post(url, event)).status).toBe(202);
  const client = createSocket('udp4');
  client.send('jobs_total:3|c', Number(port), '127.0.0.1', () => client.close());
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  await until(async () => (await metrics()).includes('jobs_total 5\n'), 'both events');
  expect(await metrics()).toContain('batchflow_statsd_events_total{result="recorded"} 1\n');
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  expect(command.stdout).toContain('SIGTERM: no longer listening; counting and sending what is left');
  expect(command.stdout).toContain('2 events counted');
});

it('sends what is left to its backend before it ends, with the token of the environment', async () => {
  const bodies: string[] = [];
  const tokens = new Set<string | undefined>();
  const gateway = createServer(async (request, response) => {
    tokens.add(request.headers.authorization);
    bodies.push(await text(request));
    response.end();
  });
  const port = await listening(gateway);
  const { command, url } = await start(
    ['--pushgateway', `http://127.0.0.1:${port}`, '--flush-interval', '3600', '--export-interval', '3600'],
    { BATCHFLOW_PUSHGATEWAY_TOKEN: 'secret' },
  );
  expect((await post(url, event)).status).toBe(202);
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  expect(bodies.at(-1)).toContain('jobs_total 2\n');
  expect([...tokens]).toEqual(['Bearer secret']);
});

it('makes templates of paths', async () => {
  const args = ['--paths', '/files/*,/shops/:shop', '--flush-interval', '0.01'];
  const { url } = await start(args);
  const request = { type: 'http_request', method: 'GET', path: '/files/a/b.txt', status: 200, durationMs: 1 };
  await post(url, [request, { ...request, path: '/shops/berlin' }]);
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  await until(async () => (await metrics()).includes('path="/shops/:shop"'), 'the requests');
  expect(await metrics()).toContain('path="/files/*"');
});

it('ends with code 1 and a reason when a port is taken', async () => {
  const { url } = await start();
  const http = await ended(['--port', new URL(url).port]);
  expect(http).toMatchObject({
    code: 1,
    said: expect.stringContaining('is in use; choose another with --port'),
  });
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  const udp = await ended(['--port', '0', '--statsd', `127.0.0.1:${socket.address().port}`]);
  socket.close();
  expect(udp).toMatchObject({ code: 1, said: expect.stringContaining('see --statsd') });
});

it.each([
  [['--statsd', 'here'], '127.0.0.1:8125'],
  [['--statsd', '127.0.0.1:70000'], '127.0.0.1:8125'],
  [['--statsd-buffer', '65536'], 'needs --statsd'],
  [['--pushgateway-job', 'x'], 'needs --pushgateway'],
  [['--batch-size', '100', '--buffer-size', '150'], 'two batches'],
  [['--flush-interval', '0'], 'Expected a number'],
  [['--paths', 'users'], 'Expected templates'],
  [['--otlp', 'localhost:4318'], 'an address such as'],
  [['--influx', 'http://127.0.0.1:8086?table=x'], 'db, rp, bucket, org'],
  [['--influx', 'http://127.0.0.1:8086'], 'database'],
])('refuses %j with code 2', async (args, said) => {
  expect(await ended(args)).toMatchObject({ code: 2, said: expect.stringContaining(said) });
});

it.each(['--pushgateway', '--remote-write', '--influx', '--otlp'])(
  'refuses a password in the address of %s, and does not show it',
  async (option) => {
    const { code, said } = await ended([option, 'http://app:hunter22@127.0.0.1:9091']);
    expect(code).toBe(2);
    expect(said).toMatch(/BATCHFLOW_[A-Z_]+_PASSWORD/);
    expect(said).not.toContain('hunter22');
  },
);
