/**
 * The `batchflow` command as users run it: the demo, the orderly end, and what it says when it cannot work.
 */
import { constants } from 'node:buffer';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { RingUsage } from '../../dist/src/index.js';
import { Command, folder, selectNumber } from '../fixtures/command.js';
import { hostile, isPlain } from '../fixtures/hostile-text.js';
import { event, json, lines, ndjson } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

const countAll = 'SELECT count(*) FROM access_log';
interface Stats {
  stats: { accepted: number; batches: { size: number } };
}

const number = (text: string | undefined) => Number(text?.replaceAll(',', ''));

/** `batchflow serve` on a free port, into `events.db` of this folder. */
function serve(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}): Command {
  return new Command(['serve', '--port', '0', '--sink', 'sqlite:events.db', ...args], cwd, env);
}

function post(
  url: string,
  body: string,
  query = '',
  headers: Record<string, string> = ndjson,
): Promise<Response> {
  return fetch(`${url}/v1/events${query}`, { method: 'POST', body, headers });
}

describe('a hostile name', () => {
  const plainLines = (text: string) => text.split('\n').every((line) => isPlain.test(line));

  test.each([
    ['an option', [`--${hostile}`], /unknown option '--a\\u001b\[2J/],
    [
      'a file',
      ['serve', '--schema', `${hostile}.json`],
      /^error: schema file a\\u001b\[2J.* cannot be read: ENOENT/,
    ],
    ['a value', ['serve', '--port', hostile], /argument 'a\\u001b\[2J/],
    [
      'a file of letters',
      ['dead-letters', 'show', '1', '--file', hostile],
      /^error: there is no file a\\u001b\[2J/,
    ],
  ])('of %s changes nothing on the terminal', async (_, args, message) => {
    const command = new Command(args, folder());
    expect(await command.exit).not.toBe(0);
    expect(command.stderr).toMatch(message);
    expect(plainLines(command.stderr)).toBe(true);
  });

  test('of a schema and a column is plain in all that the service logs', async () => {
    const cwd = folder();
    const schema = { name: hostile, columns: { [hostile]: 'int8' } };
    writeFileSync(join(cwd, 'schema.json'), JSON.stringify(schema));
    const command = serve(cwd, ['--schema', 'schema.json']);
    await command.says(/Stop: Ctrl-C/);
    command.kill('SIGTERM');
    expect(await command.exit).toBe(0);
    expect(command.stdout).toContain('table "a\\u001b[2J');
    expect(plainLines(command.stdout + command.stderr)).toBe(true);
  });
});

describe('the demo', () => {
  test('finds every event that clients were told of, and ends with 0', async () => {
    const cwd = folder();
    const file = join(cwd, 'events.db');
    for (let run = 1; run <= 2; run++) {
      const before = run === 1 ? 0 : selectNumber(file, countAll);
      const command = serve(cwd, ['--demo', '--demo-seconds', '1', '--exit']);
      expect(await command.exit).toBe(0);
      expect(command.stderr).toBe('');
      const told = number(command.stdout.match(/clients were told +([\d,]+) events/)?.[1]);
      const counted = number(command.stdout.match(/SQLite counts +([\d,]+) rows/)?.[1]);
      expect(told).toBeGreaterThan(100);
      expect(counted).toBe(told);
      expect(command.stdout).toContain('the counts agree');
      expect(command.stdout).toMatch(/answers +[\d,]+ × 200, [\d,]+ × 202\n/);
      expect(command.stdout).toMatch(
        /events\/s +[\d,]+ batches +ring +\d+% +loop delay .* ms +deadlines late by .* ms/,
      );
      expect(selectNumber(file, countAll) - before).toBe(told);
    }
  });

  test('ends with 1 when rows are missing', async () => {
    const cwd = folder();
    const first = serve(cwd);
    await first.url();
    first.kill('SIGTERM');
    expect(await first.exit).toBe(0);
    const db = new Database(join(cwd, 'events.db'));
    db.exec(
      `CREATE TRIGGER leak BEFORE INSERT ON access_log WHEN new.bytes % 100 = 0
      BEGIN SELECT raise(IGNORE); END`,
    );
    db.close();
    const command = serve(cwd, ['--demo', '--demo-seconds', '0.5', '--exit']);
    expect(await command.exit).toBe(1);
    expect(command.stdout).toMatch(/the counts differ: [\d,]+ rows? too few in the file/);
  });

  test('counts its own rows only, and goes on serving', async () => {
    const command = serve(folder(), ['--demo', '--demo-seconds', '1', '--demo-burn', '0'], {
      BATCHFLOW_TOKEN: 'secret',
    });
    const url = await command.url();
    const headers = { ...ndjson, authorization: 'Bearer secret' };
    expect((await post(url, lines([event(), event()]), '', headers)).status).toBe(202);
    await command.says(/the counts agree/);
    // The command that it shows is one that works.
    const [, body] = await command.says(/curl .*ack=committed.* -d '(.*)'/);
    const answer = await post(url, body as string, '?ack=committed', { ...headers, ...json });
    expect([answer.status, await answer.json()]).toEqual([200, { committed: 1 }]);
    expect(command.stdout).not.toContain('secret');
    command.kill('SIGINT');
    expect(await command.exit).toBe(0);
  });

  test('can be stopped', async () => {
    const command = serve(folder(), ['--demo', '--demo-seconds', '600', '--exit']);
    await command.says(/[1-9]\d* batches/);
    command.kill('SIGINT');
    expect(await command.exit).toBe(0);
    expect(command.stderr).toBe('');
    expect(command.stdout).toMatch(/rows committed to events\.db\n$/);
  });
});

describe('the end', () => {
  test.each([
    ['', '60000'],
    ['?ack=committed', '20'],
  ])(
    'SIGTERM under load of %j: everything that a client was told of is in the file',
    async (query, intervalMs) => {
      const cwd = folder();
      const command = serve(cwd, ['--flush-size', '100', '--flush-interval-ms', intervalMs]);
      const url = await command.url();
      let told = 0;
      let answers = 0;
      const client = async () => {
        for (;;) {
          const response = await post(url, lines(Array(37).fill(event())), query).catch(() => undefined);
          if (response === undefined) return;
          const { accepted, committed } = (await response.json()) as {
            accepted?: number;
            committed?: number;
          };
          told += accepted ?? committed ?? 0;
          answers++;
        }
      };
      const clients = [client(), client(), client()];
      await until(() => answers > 50, '50 answers');
      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      await Promise.all(clients);
      const [, committed] = await command.says(/([\d,]+) rows committed to events\.db\n$/);
      expect(command.stdout).toContain('SIGTERM');
      expect(number(committed)).toBe(selectNumber(join(cwd, 'events.db'), countAll));
      expect(number(committed)).toBe(told);
    },
  );

  test('SIGHUP, as a closed terminal sends it, drains like SIGTERM', async () => {
    const cwd = folder();
    const command = serve(cwd, ['--flush-interval-ms', '60000']);
    const url = await command.url();
    expect((await post(url, lines([event()]))).status).toBe(202);
    command.kill('SIGHUP');
    expect(await command.exit).toBe(0);
    expect(command.stdout).toContain('SIGHUP');
    expect(selectNumber(join(cwd, 'events.db'), countAll)).toBe(1);
  });

  test('Ctrl-C may arrive twice at once; a second one later ends it with 1', async () => {
    const cwd = folder();
    const patient = serve(cwd);
    await patient.url();
    // Two of the same kind might become one on their way.
    patient.kill('SIGINT');
    patient.kill('SIGTERM');
    expect(await patient.exit).toBe(0);

    const stuck = serve(cwd);
    const url = await stuck.url();
    // A client that stays after its 503: the service bears with it for two seconds.
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => {});
    const body = lines([event()]);
    const headers = 'host: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked';
    socket.write(`POST /v1/events HTTP/1.1\r\n${headers}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`);
    const accepted = async () => ((await (await fetch(`${url}/stats`)).json()) as Stats).stats.accepted;
    await until(async () => (await accepted()) === 1, 'the event');
    stuck.kill('SIGTERM');
    expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 /);
    const first = performance.now();
    // Signals this close together count as one.
    await until(() => performance.now() - first > 300, 'time to pass');
    stuck.kill('SIGTERM');
    expect(await stuck.exit).toBe(1);
    expect(stuck.stderr).toMatch(/ending now/);
    socket.destroy();
  });
});

describe('a call that cannot work', () => {
  test.each([
    [['--port', '70000'], /--port.*70000.*whole number from 0 to 65535/],
    [['--port', 'http'], /--port/],
    [
      ['--sink', 'oracle://x'],
      /--sink: got "oracle:…".*sqlite:FILE, postgres:\/\/.*mysql:\/\/.*mariadb:.*redis:/,
    ],
    [['--sink', 'events.db'], /--sink: got "\[hidden\]".*sqlite:FILE/],
    [['--sink', 'postgres:x'], /--sink.*postgres:\/\/user@host\/database/],
    [['--sink', 'mysql://h/db?foo=1'], /--sink.*ssl-mode/],
    [['--sink', 'postgres://h/db', '--demo'], /--demo.*--sink sqlite:FILE/],
    [['--sink', 'postgres://h/db', '--conflict', 'update'], /--conflict-columns/],
    [['--sink', 'sqlite:x.db', '--conflict', 'update'], /--conflict-columns/],
    [['--sink-env', 'NOT_SET'], /--sink-env: got "NOT_SET".*that is set/],
    [['--conflict', 'merge'], /--conflict.*error, ignore, replace, update/],
    [['--sink', 'sqlite:'], /--sink.*file/],
    [['--sink', 'sqlite::memory:'], /--sink.*file/],
    [['--sink', 'sqlite:file:events.db?mode=rwc'], /--sink.*path, not a URI/],
    [['--sink', 'sqlite://events.db'], /--sink.*path, not a URI/],
    [['--sink', 'sqlite:postgres://me:sesame@db'], /--sink: got "\[hidden\]".*path, not a URI/],
    [['--sinks=postgres://me:sesame@db'], /unknown option '--sinks=postgres:\/\/\[hidden\]@db'/],
    [['--conflict', 'postgres://me:sesame@db'], /'postgres:\/\/\[hidden\]@db' is invalid/],
    [['--flush-size', '0'], /--flush-size.*from 1/],
    [['--flush-size', '1.5'], /--flush-size/],
    [
      ['--flush-size', '600', '--buffer-size', '1000'],
      /--buffer-size 1000: at least 1200, two batches; or --flush-size 500 at most/,
    ],
    [['--buffer-size', '100000000'], /--buffer-size 100000000: at most \d+ rows .* less than 2048 MiB/],
    [['--buffer-size', '4000', '--buffer-bytes', '9000000'], /--buffer-bytes 9000000: .*not both/],
    [['--buffer-bytes', '9000'], /--buffer-bytes 9000: at least \d+/],
    [['--buffer-size', '4000', '--high-watermark', '5000'], /--high-watermark 5000: at most bufferSize/],
    [['--flush-mode', 'sync', '--max-concurrent-flushes', '2'], /--max-concurrent-flushes 2: 1 in flushMode/],
    [['--concurrency-limit', '0'], /--concurrency-limit.*from 1/],
    [
      ['--flush-size', '50', '--adaptive', '20'],
      /--flush-size 50: within adaptive.flushSize, from 100 to 5000/,
    ],
    [['--adaptive', '0'], /--adaptive.*from 1/],
    [['--buffer-size', '1'], /--buffer-size.*from 2/],
    [
      ['--block-text-bytes', '1073741824'],
      /--block-text-bytes 1073741824: at most \d+ bytes, of which two blocks/,
    ],
    [['--block-text-bytes', '63'], /--block-text-bytes.*from 64/],
    [['--host', '[127.0.0.1]'], /--host.*IPv6/],
    [['--host', ''], /--host/],
    [['--allow-host', 'events:8080'], /--allow-host.*without a port/],
    [['--allow-origin', 'https://shop.example/path'], /--allow-origin.*https:\/\/shop\.example/],
    [['--flush-interval-ms', '-1'], /--flush-interval-ms/],
    [['--flush-interval-ms', '999999999'], /--flush-interval-ms/],
    [['--flush-mode', 'often'], /--flush-mode.*async, sync/],
    [['--flushers', '0'], /--flushers/],
    [['--token', ''], /--token/],
    [['--allow-host', 'web.1'], /--allow-host.*no number as its last part/],
    [['--allow-origin', 'https://*.shop.example'], /--allow-origin/],
    [['--max-line-bytes', '2147483647'], new RegExp(`from 1 to ${constants.MAX_STRING_LENGTH}\\.`)],
    [['--body-limit-bytes', '2147483647'], new RegExp(`from 1 to ${constants.MAX_STRING_LENGTH}\\.`)],
    [['--exit'], /--exit needs --demo/],
    [['--demo-seconds', '1'], /--demo-seconds needs --demo/],
    [['--demo', '--demo-burn', '1'], /--demo-burn.*0 to 0\.9/],
    [['--demo', '--demo-seconds', 'x'], /--demo-seconds/],
    [['--demo', '--schema', 'schema.json'], /--demo.*--schema/],
    [['--schema', 'none.json'], /none\.json cannot be read/],
    [['--schema', 'bad.json'], /bad\.json: column "a": got "int7"/],
    [['--nonsense'], /unknown option '--nonsense'/],
    [['extra'], /too many arguments/],
  ])('serve %j: exit code 2, and one clear message', async (args, message) => {
    const cwd = folder();
    writeFileSync(join(cwd, 'bad.json'), '{"name":"x","columns":{"a":"int7"}}');
    const command = serve(cwd, args);
    expect(await command.exit).toBe(2);
    expect(command.stderr).toMatch(message);
    expect(command.stderr).not.toMatch(/^ +at /m);
    expect(command.stdout).toBe('');
  });

  test('an empty BATCHFLOW_TOKEN is a mistake, not an open door', async () => {
    const command = serve(folder(), [], { BATCHFLOW_TOKEN: '' });
    expect(await command.exit).toBe(2);
    expect(command.stderr).toMatch(/BATCHFLOW_TOKEN/);
  });

  test.each(['s3cret\n', ' s3cret', 's3\tcret', 's3\u001bcret'])(
    'a token that no header can hold, %j, is refused before anything is made, and not shown',
    async (token) => {
      const cwd = folder();
      const command = serve(cwd, [], { BATCHFLOW_TOKEN: token });
      expect(await command.exit).toBe(2);
      expect(command.stderr).toMatch(
        /^error: --token \(BATCHFLOW_TOKEN\): got "\[hidden\]".* without white space/,
      );
      expect(command.stderr).not.toContain('s3');
      expect(readdirSync(cwd)).toEqual([]);
    },
  );

  test('no command, an unknown one; help and version', async () => {
    const cwd = folder();
    expect(await new Command([], cwd).exit).toBe(2);
    expect(await new Command(['fly'], cwd).exit).toBe(2);
    const help = new Command(['serve', '--help'], cwd);
    expect(await help.exit).toBe(0);
    expect(help.stdout).toMatch(/--flush-interval-ms <ms>/);
    const version = new Command(['--version'], cwd);
    expect(await version.exit).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('what fails at the start: exit code 1, and one clear message', () => {
  async function fails(command: Command, message: RegExp): Promise<void> {
    expect(await command.exit).toBe(1);
    expect(command.stderr).toMatch(message);
    expect(command.stderr).not.toMatch(/^ +at /m);
  }

  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until(() => server.listening, 'a server');
    const { port } = server.address() as { port: number };
    await fails(
      serve(folder(), ['--port', String(port)]),
      new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use.*--port`),
    );
    server.close();
  });

  test('an address of another machine', async () => {
    await fails(serve(folder(), ['--host', '192.0.2.1']), /192\.0\.2\.1 is not an address of this machine/);
  });

  test('a file that is a folder, one that is no database, one in a file', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'sub'));
    writeFileSync(join(cwd, 'text.db'), 'this is not a database, '.repeat(100));
    await fails(serve(cwd, ['--sink', 'sqlite:sub']), /cannot open the SQLite file .*sub/);
    await fails(serve(cwd, ['--sink', 'sqlite:text.db']), /text\.db.*not a database/);
    await fails(serve(cwd, ['--sink', 'sqlite:text.db/x.db']), /text\.db/);
  });

  test('a table that does not fit', async () => {
    const cwd = folder();
    const db = new Database(join(cwd, 'events.db'));
    db.exec('CREATE TABLE access_log (at INTEGER NOT NULL, method TEXT NOT NULL)');
    db.close();
    await fails(serve(cwd), /table "access_log" .*path/);
  });
});

/** Names of options in a command's help, and its lines, each option on one. */
async function helpOf(name: string) {
  const help = new Command([name, '--help'], folder());
  expect(await help.exit).toBe(0);
  const options = [...help.stdout.matchAll(/^ +(--[a-z-]+)/gm)].map(([, option]) => option as string);
  return { options, texts: help.stdout.replace(/\n {10,}/g, ' ').split('\n') };
}

test('each option of serve and of work stands in its help and in the documents, with its default', async () => {
  const page = readFileSync(new URL('../../docs/service.md', import.meta.url), 'utf8');
  const [ofServe = '', ofWork = ''] = page.split('## A worker\n');
  const [serving, working] = await Promise.all([helpOf('serve'), helpOf('work')]);
  const rowsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('| `--'));
  const namesIn = (rows: readonly string[]) =>
    rows.flatMap((row) => [...(row.split('|')[1] as string).matchAll(/--[a-z-]+/g)].map(String));
  expect(namesIn(rowsOf(ofServe)).sort()).toEqual(serving.options.sort());
  // What both commands have is documented once.
  const others = working.options.filter((option) => !serving.options.includes(option));
  expect(namesIn(rowsOf(ofWork))).toEqual(expect.arrayContaining(others));
  expect(working.options).toEqual(expect.arrayContaining(namesIn(rowsOf(ofWork))));
  for (const [text, { texts }] of [
    [ofServe, serving],
    [ofWork, working],
  ] as const) {
    for (const row of rowsOf(text)) {
      const [, name, value] = row.split('|').map((cell) => cell.trim()) as [string, string, string];
      const shown = /\(default: "?([^\s")]*)/.exec(
        texts.find((line) => line.includes(`${name.slice(1, -1)} `)) ?? '',
      )?.[1];
      if (/^[\d,]+$/.test(value)) expect([name, shown]).toEqual([name, value.replaceAll(',', '')]);
    }
  }
});

test('the largest flush size that is named is taken, and the next one is not', async () => {
  const cwd = folder();
  // A wide row, so that few fit.
  const columns = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`c${i}`, 'string']));
  writeFileSync(join(cwd, 'wide.json'), JSON.stringify({ name: 'wide', columns }));
  const wide = (rows: string) => serve(cwd, ['--schema', 'wide.json', '--flush-size', rows]);
  const refused = wide('1000000');
  expect(await refused.exit).toBe(2);
  const most = Number(/at most (\d+) rows of "wide"/.exec(refused.stderr)?.[1]);
  const next = wide(String(most + 1));
  expect(await next.exit).toBe(2);
  expect(next.stderr).toContain(`at most ${most} rows of "wide"`);
  const taken = wide(String(most));
  await taken.url();
  taken.kill('SIGTERM');
  expect(await taken.exit).toBe(0);
});

test('controls of the flow reach it', async () => {
  const controls = ['--max-concurrent-flushes', '3', '--concurrency-limit', '2', '--adaptive', '30'];
  const room = ['--buffer-bytes', '400000000', '--high-watermark', '5000'];
  const command = serve(folder(), [...controls, ...room]);
  const url = await command.url();
  const { ring } = (await (await fetch(`${url}/stats`)).json()) as { ring: RingUsage };
  expect(ring.highWatermark).toBe(5000);
  expect(ring.blocks * ring.blockBytes).toBeGreaterThan(390_000_000);
  expect(ring.blocks * ring.blockBytes).toBeLessThanOrEqual(400_000_000);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^batchflow_executor_concurrency\{.*\} 2$/m);
  expect(metrics).toMatch(/^batchflow_concurrency_permits\{.*\} 2$/m);
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
});

test('sizes and limits reach the flow and the service', async () => {
  const sizes = [
    '--flush-size',
    '10',
    '--buffer-size',
    '40',
    '--block-text-bytes',
    '4096',
    '--max-attempts',
    '2',
  ];
  const limits = ['--max-line-bytes', '1000', '--body-limit-bytes', '900', '--ack-timeout-ms', '300'];
  const cwd = folder();
  const command = serve(cwd, [...sizes, ...limits, '--busy-timeout-ms', '100']);
  const url = await command.url();
  const { ring } = (await (await fetch(`${url}/stats`)).json()) as { ring: object };
  expect(ring).toMatchObject({ capacity: 40, blocks: 4 });
  const long = (bytes: number) => JSON.stringify(event('/', { client: 'x'.repeat(bytes) }));
  expect(await (await post(url, long(1000))).json()).toMatchObject({ rejected: [{ code: 'line_too_long' }] });
  expect((await post(url, long(900), '', json)).status).toBe(413);
  // Another program has the file: two attempts of 100 ms, and a commit that is not waited for longer than 300 ms.
  const db = new Database(join(cwd, 'events.db'));
  db.exec('BEGIN IMMEDIATE');
  const answer = await post(url, lines([event()]), '?ack=committed');
  expect([500, 504]).toContain(answer.status);
  await until(() => command.stderr.includes('were not committed'), 'the row to be given up');
  db.exec('ROLLBACK');
  db.close();
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  expect(command.stdout).toContain('1 row kept as dead letters');
});

describe('the name of the service', () => {
  test('an IPv6 address may stand in brackets, and is printed as a URL has it', async () => {
    const command = serve(folder(), ['--host', '[::1]']);
    const url = await command.url();
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(command.stdout).not.toContain('--token');
  });

  test('is an address, localhost, or one that is allowed; pages need an allowed origin', async () => {
    const allowed = [
      '--allow-host',
      'events',
      '--allow-host',
      'b.example',
      '--allow-origin',
      'https://shop.example',
    ];
    const url = await serve(folder(), allowed).url();
    const status = async (headers: Record<string, string>) => {
      const [response] = await once(get(`${url}/healthz`, { headers, agent: false }), 'response');
      response.resume();
      return response.statusCode;
    };
    expect(await status({ host: 'events:80' })).toBe(200);
    expect(await status({ host: 'b.example' })).toBe(200);
    expect(await status({ host: 'c.example' })).toBe(421);
    expect(await status({ origin: 'https://shop.example' })).toBe(200);
    expect(await status({ origin: 'https://other.example' })).toBe(403);
  });
});

test('a schema from a file, and the flush settings', async () => {
  const cwd = folder();
  const columns = { at: 'timestamp', big: 'bigint64', raw: 'bytes?' };
  writeFileSync(join(cwd, 'schema.json'), JSON.stringify({ name: 'readings', columns }));
  const flush = ['--flush-size', '7', '--flush-interval-ms', '20', '--flush-mode', 'sync', '--flushers', '2'];
  const command = serve(cwd, ['--schema', 'schema.json', ...flush]);
  const url = await command.url();
  const body = lines(Array(50).fill({ at: '2025-01-01T00:00:00Z', big: '12345678901234567', raw: 'AQI=' }));
  const answer = await post(url, body, '?ack=committed');
  expect([answer.status, await answer.json()]).toEqual([200, { committed: 50 }]);
  expect(selectNumber(join(cwd, 'events.db'), 'SELECT count(*) FROM readings WHERE at = 1735689600000')).toBe(
    50,
  );
  const stats = (await (await fetch(`${url}/stats`)).json()) as Stats;
  expect(stats.stats.batches.size).toBeGreaterThanOrEqual(7);
  command.kill('SIGTERM');
  expect(await command.exit).toBe(0);
  expect(command.stdout).toMatch(/50 rows committed/);
});
