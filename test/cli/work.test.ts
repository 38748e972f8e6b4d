/**
 * `batchflow work`: a source's events arrive once each in the sink, what it shows of itself, and its orderly end.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Command, folder, selectNumber } from '../fixtures/command.js';
import { HttpTarget } from '../fixtures/http-target.js';
import { event, lines } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

const work = (cwd: string, args: readonly string[], env: Record<string, string> = {}) =>
  new Command(['work', '--port', '0', ...args], cwd, env);
const urlOf = async (command: Command) => (await command.says(/Watch it live: (http:\S+)\//))[1] as string;
const events = (count: number) => lines(Array.from({ length: count }, (_, i) => event(`/${i}`)));

describe('a worker', () => {
  test('ends when its source has no more, and goes on there at the next run', async () => {
    const cwd = folder();
    const file = join(cwd, 'events.ndjson');
    writeFileSync(file, `${events(50)}no event\n`);
    const options = ['--source-env', 'FROM', '--sink', 'sqlite:events.db', '--identity-column', 'event_id'];
    const first = work(cwd, options, { FROM: 'ndjson:events.ndjson' });
    expect(await first.exit, first.stderr).toBe(0);
    expect(first.stdout).toContain('The source has no more.');
    expect(first.stdout).toContain(
      '50 rows committed to events.db\n1 unit received, 1 acknowledged, 1 input kept',
    );
    expect(first.stdout).toContain('batchflow dead-letters list --file events.dead-letters.db');
    appendFileSync(file, events(3));
    const second = work(cwd, options, { FROM: 'ndjson:events.ndjson' });
    expect(await second.exit, second.stderr).toBe(0);
    expect(second.stdout).toContain('3 rows committed');
    expect(selectNumber(join(cwd, 'events.db'), 'SELECT count(DISTINCT event_id) FROM access_log')).toBe(53);
  });

  test('shows its flow while it works; SIGTERM drains for a while, and hands back the rest', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'events.ndjson'), events(20));
    const target = await HttpTarget.start();
    // The target takes the rows, and gives no answer.
    target.usual = () => {};
    const source = ['--source', 'ndjson:events.ndjson', '--drain-timeout-ms', '200'];
    const args = [...source, '--sink', target.url, '--token', 'for readers'];
    const command = work(cwd, args);
    const url = await urlOf(command);
    const get = (path: string, headers: Record<string, string> = { authorization: 'Bearer for readers' }) =>
      fetch(`${url}${path}`, { headers });
    await until(() => target.received.length === 1, 'the batch');

    expect((await get('/healthz', {})).status).toBe(200);
    const ready = await get('/readyz', {});
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    expect((await get('/stats', {})).status).toBe(401);
    expect(await (await get('/stats')).json()).toMatchObject({
      stats: { accepted: 20, source: { received: 1, acknowledged: 0, inFlight: 1 } },
      source: { scheme: 'ndjson', file: 'events.ndjson' },
      target: { scheme: 'http', host: '127.0.0.1', port: target.port },
    });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(/^batchflow_source_units_in_flight\{flow="access_log"\} 1$/m);
    expect(metrics).toMatch(/^batchflow_source_state\{flow="access_log"\} [12]$/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
    expect(await (await get('/', {})).text()).toContain('data-source');
    expect((await fetch(`${url}/v1/events`, { method: 'POST', body: '{}' })).status).toBe(404);

    command.kill('SIGTERM');
    expect(await command.exit, command.stderr).toBe(0);
    expect(command.stdout).toContain('SIGTERM: taking no more; delivering what is under way');
    expect(command.stdout).toMatch(/^0 rows committed to .*, 20 rows handed back$/m);
    expect(command.stdout).toContain('1 unit received, 0 acknowledged, 1 handed back');
    expect(existsSync(join(cwd, 'events.ndjson.position'))).toBe(false);

    target.usual = (response) => void response.writeHead(200).end('{}');
    target.received.length = 0;
    const again = work(cwd, args);
    expect(await again.exit, again.stderr).toBe(0);
    const stored = target.received.flatMap(({ body }) => body.toString().trim().split('\n'));
    expect(stored).toHaveLength(20);
    expect(JSON.parse(readFileSync(join(cwd, 'events.ndjson.position'), 'utf8'))).toMatchObject({
      position: Buffer.byteLength(events(20)),
    });
  });

  test('that cannot begin says why: exit codes 2 for options, 1 for the rest', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'some.ndjson'), '');
    const sink = ['--sink', 'sqlite:events.db'];
    const refused = [
      [[...sink], /required option '--source <address>', or --source-env/, 2],
      [['--source', 'ndjson:some.ndjson'], /required option '--sink <address>', or --sink-env/, 2],
      [['--source', 'ndjson:', ...sink], /a file behind "ndjson:"/, 2],
      [['--source', 'kafka://app:hunter2@k/topic', ...sink], /--source: got "kafka:…"/, 2],
      [['--source', 'ndjson:nothing.ndjson', ...sink], /did not open: ENOENT/, 1],
    ] as const;
    await Promise.all(
      refused.map(async ([args, reason, code]) => {
        const command = work(cwd, args);
        expect(await command.exit, command.stderr).toBe(code);
        expect(command.stderr).toMatch(reason);
        expect(command.stderr).not.toContain('hunter2');
      }),
    );
  });
});
