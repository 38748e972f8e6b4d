/**
 * `batchflow` with a database server as its sink: rows arrive, places are shown, and passwords nowhere.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { Command, folder } from '../fixtures/command.js';
import { event, json, lines, ndjson } from '../fixtures/ingest.js';
import { writeLetters } from '../fixtures/letters.js';
import { MariadbServer, noMariadb } from '../fixtures/mariadb-server.js';
import { noPostgres, PostgresServer } from '../fixtures/postgres-server.js';
import { until } from '../fixtures/until.js';

const clicks = defineSchema('clicks', { id: t.int32() });
const password = 'h/unt?er#2@%';
const encoded = encodeURIComponent(password);
/** No text may have it, encoded or not. */
const secrets = [password, encoded, 'h/unt', 'h%2F'];

interface Database {
  readonly scheme: string;
  readonly port: number;
  readonly database: string;
  /** An address of the user `app`, who needs the password. */
  url(password: string): string;
  /** An address that leaves what it can to the environment, and the variables. */
  readonly bare: string;
  environment(password: string): Record<string, string>;
  sql(text: string): Promise<unknown[][]>;
  stop(): Promise<void>;
  run(): Promise<void>;
}

async function postgresDatabase(): Promise<Database> {
  const server = await PostgresServer.start();
  await server.sql(`CREATE ROLE app LOGIN SUPERUSER PASSWORD '${password}'`);
  const hba = (await server.sql('SHOW hba_file'))[0]?.[0] as string;
  writeFileSync(hba, `host all app 127.0.0.1/32 scram-sha-256\n${readFileSync(hba, 'utf8')}`);
  await server.sql('SELECT pg_reload_conf()');
  const database = (await server.sql('SELECT current_database()'))[0]?.[0] as string;
  return {
    ...{ scheme: 'postgres', port: server.port, database, bare: 'postgres://' },
    environment: (given) => ({
      ...{ PGHOST: '127.0.0.1', PGPORT: String(server.port), PGDATABASE: database, PGUSER: 'app' },
      PGPASSWORD: given,
    }),
    url: (given) => `postgres://app:${given}@127.0.0.1:${server.port}/${database}`,
    sql: (text) => server.sql(text),
    stop: () => server.stop('SIGINT'),
    run: () => server.run(),
  };
}

async function mariadbDatabase(): Promise<Database> {
  const server = await MariadbServer.start();
  await server.sql(`CREATE USER app@'127.0.0.1' IDENTIFIED BY '${password}'`);
  await server.sql("GRANT ALL ON test.* TO app@'127.0.0.1'");
  return {
    // MySQL's own programs read no variables for the user and the database, and a URL with a user needs a host.
    ...{ scheme: 'mysql', port: server.port, database: 'test', bare: 'mysql://app@127.0.0.1/test' },
    environment: (given) => ({ MYSQL_TCP_PORT: String(server.port), MYSQL_PWD: given }),
    url: (given) => `mariadb://app:${given}@127.0.0.1:${server.port}/test`,
    sql: (text) => server.sql(text),
    stop: () => server.stop('SIGTERM'),
    run: () => server.run(),
  };
}

describe.each([
  ['PostgreSQL', noPostgres, postgresDatabase],
  ['MariaDB', noMariadb, mariadbDatabase],
])('%s', (_, none, start) => {
  describe.skipIf(none !== undefined)(none ?? 'is there', () => {
    let database: Database;
    beforeAll(async () => {
      database = await start();
    }, 60_000);

    const serve = (address: string, args: readonly string[] = []) => {
      const env = { SINK: address };
      return new Command(['serve', '--port', '0', '--sink-env', 'SINK', ...args], folder(), env);
    };

    function expectNoSecret(...texts: string[]): void {
      for (const text of texts) for (const secret of secrets) expect(text).not.toContain(secret);
    }

    test('serve stores events, shows the place, and the password nowhere', async () => {
      const { scheme, port, database: name } = database;
      const options = ['--sink-table', 'visits', '--identity-column', 'event_id'];
      const command = serve(database.url(encoded), options);
      const url = await command.url();
      const answer = await fetch(`${url}/v1/events?ack=committed`, {
        method: 'POST',
        body: lines([event(), event()]),
        headers: ndjson,
      });
      expect([answer.status, await answer.json()]).toMatchObject([200, { committed: 2 }]);
      expect(Number((await database.sql('SELECT count(*) FROM visits'))[0]?.[0])).toBe(2);
      expect(Number((await database.sql('SELECT count(event_id) FROM visits'))[0]?.[0])).toBe(2);

      const stats = await (await fetch(`${url}/stats`)).text();
      const target = { scheme, host: '127.0.0.1', port, database: name, table: 'visits' };
      expect(JSON.parse(stats).target).toEqual(target);
      const stream = await fetch(`${url}/live/stream`);
      const { value } = await (stream.body as ReadableStream<Uint8Array>).getReader().read();
      const start = Buffer.from(value as Uint8Array).toString();
      expect(start).toContain(`"target":${JSON.stringify(target)}`);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const line = readFileSync(`/proc/${command.pid}/cmdline`, 'utf8');
      expect(line).toContain('--sink-env\0SINK\0');
      const listed = execFileSync('ps', ['-ww', '-o', 'args', '-p', String(command.pid)], {
        encoding: 'utf8',
      });
      expect(listed).toContain('--sink-env SINK');

      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      expect(command.stdout).toContain(`in ${scheme}://127.0.0.1:${port}/${name}.`);
      expect(command.stdout).toContain(`2 rows committed to ${scheme}://127.0.0.1:${port}/${name}\n`);
      expectNoSecret(stats, start, metrics, line, listed, command.stdout, command.stderr);
    });

    test('serve takes from the environment what the address leaves out', async () => {
      const { scheme, port, database: name, bare } = database;
      const sink = ['--sink', bare, '--sink-table', 'from_environment'];
      const command = new Command(
        ['serve', '--port', '0', ...sink],
        folder(),
        database.environment(password),
      );
      const url = await command.url();
      const answer = await fetch(`${url}/v1/events?ack=committed`, {
        method: 'POST',
        body: lines([event()]),
        headers: ndjson,
      });
      expect([answer.status, await answer.json()]).toMatchObject([200, { committed: 1 }]);
      const stats = await (await fetch(`${url}/stats`)).text();
      const target = { scheme, host: '127.0.0.1', port, database: name, table: 'from_environment' };
      expect(JSON.parse(stats).target).toEqual(target);
      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      expect(command.stdout).toContain(`in ${scheme}://127.0.0.1:${port}/${name}.`);
      expect(Number((await database.sql('SELECT count(*) FROM from_environment'))[0]?.[0])).toBe(1);
      expectNoSecret(stats, command.stdout, command.stderr);
    });

    test('a table that does not fit: neither the error nor a file has the password', async () => {
      await database.sql('CREATE TABLE misfit (nothing int NOT NULL)');
      const cwd = folder();
      const command = new Command(
        ['serve', '--port', '0', '--sink-env', 'SINK', '--sink-table', 'misfit'],
        cwd,
        { SINK: database.url(encoded) },
      );
      expect(await command.exit).toBe(1);
      expect(command.stderr).toMatch(/this would help: ALTER TABLE/);
      expectNoSecret(command.stdout, command.stderr);
    });

    test('rows that the server refuses: neither answers nor letters have the password', async () => {
      await database.sql('CREATE TABLE strict_rows (id int CHECK (id <> 2))');
      const cwd = folder();
      writeFileSync(join(cwd, 'schema.json'), JSON.stringify({ name: 'clicks', columns: { id: 'int32' } }));
      const options = ['--schema', 'schema.json', '--sink-env', 'SINK', '--sink-table', 'strict_rows'];
      const command = new Command(['serve', '--port', '0', ...options], cwd, { SINK: database.url(encoded) });
      const url = await command.url();
      const answer = await fetch(`${url}/v1/events?ack=committed`, {
        method: 'POST',
        body: lines([{ id: 1 }, { id: 2 }]),
        headers: ndjson,
      });
      const said = await answer.text();
      expect([answer.status, said]).toEqual([500, expect.stringContaining('"deadLettered"')]);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      const list = new Command(['dead-letters', 'list', '--json'], cwd);
      expect(await list.exit).toBe(0);
      expect(list.stdout).toContain('strict_rows');
      const files = readdirSync(cwd, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
      expect(files.length).toBeGreaterThan(1);
      expectNoSecret(said, metrics, list.stdout, command.stdout, command.stderr, ...files);
    });

    test('a wrong password: the service tries on, and shows neither', async () => {
      const command = serve(database.url(`${encoded}wrong`), ['--max-attempts', '1']);
      const url = await command.url();
      const answer = await fetch(`${url}/v1/events?ack=committed`, {
        method: 'POST',
        body: JSON.stringify(event()),
        headers: json,
      });
      expect(answer.status).toBe(500);
      const said = await answer.text();
      await until(() => /cannot connect to/.test(command.stderr), 'the reason');
      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      expectNoSecret(said, command.stdout, command.stderr);
    });

    test('an address that is no address shows no password', async () => {
      const { scheme, port } = database;
      for (const bad of [`${scheme}://app:5/unt@127.0.0.1:${port}/x`, `oracle://app:${encoded}@h/x`]) {
        const command = serve(bad);
        expect(await command.exit).toBe(2);
        expectNoSecret(command.stderr);
        expect(command.stderr).not.toContain('unt');
        const named = new Command(['serve', '--sink-env', bad], folder());
        expect(await named.exit).toBe(2);
        expect(named.stderr).not.toContain('unt');
      }
    });

    test('dead letters go into it, each once', async () => {
      const cwd = folder();
      await writeLetters(join(cwd, 'letters.db'), clicks, [{ id: 1 }, { id: 2 }]);
      const replay = (address: string, ...args: string[]) => {
        const options = ['--file', 'letters.db', '--sink-env', 'SINK', ...args];
        return new Command(['dead-letters', 'replay', ...options], cwd, { SINK: address });
      };
      const refused = replay(database.url('wrong'));
      expect(await refused.exit).toBe(1);
      expect(refused.stdout + refused.stderr).toMatch(/cannot connect to/);
      expectNoSecret(refused.stdout, refused.stderr);
      const missing = replay(database.url(encoded));
      expect(await missing.exit).toBe(1);
      expect(missing.stdout + missing.stderr).toMatch(/clicks/);
      copyFileSync(join(cwd, 'letters.db'), join(cwd, 'before.db'));
      for (const again of [false, true]) {
        // As if the process had died before it deleted the letters.
        if (again) copyFileSync(join(cwd, 'before.db'), join(cwd, 'letters.db'));
        const done = replay(database.url(encoded), '--create', '--identity-column', 'event_id');
        expect(await done.exit).toBe(0);
        expect(done.stdout).toBe('2 replayed, 0 failed again\n');
        expect(await database.sql('SELECT id FROM clicks ORDER BY id')).toEqual([[1], [2]]);
        expectNoSecret(done.stdout, done.stderr);
      }
    });

    test('a server that is down at the start gets the rows when it comes', async () => {
      await database.stop();
      const command = serve(database.url(encoded), ['--sink-table', 'late']);
      const url = await command.url();
      const send = () =>
        fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(event()), headers: json });
      expect((await send()).status).toBe(202);
      const ready = async () => {
        const response = await fetch(`${url}/readyz`);
        return [response.status, await response.json()] as const;
      };
      expect(await ready()).toMatchObject([
        503,
        { status: 'sink_unreachable', message: expect.stringMatching(/cannot connect to/) },
      ]);
      await database.run();
      await until(async () => (await ready())[0] === 200, 'the service to be ready');
      const committed = async () =>
        ((await (await fetch(`${url}/stats`)).json()) as { stats: { committed: number } }).stats.committed;
      await until(async () => (await committed()) === 1, 'the row');
      command.kill('SIGTERM');
      expect(await command.exit).toBe(0);
      expect(Number((await database.sql('SELECT count(*) FROM late'))[0]?.[0])).toBe(1);
      expectNoSecret(command.stdout, command.stderr);
    }, 60_000);
  });
});

describe.skipIf(noPostgres !== undefined)(`PGSSLMODE ${noPostgres ?? ''}`, () => {
  test('asks for TLS where the address says nothing of it', async () => {
    const server = await PostgresServer.start();
    const args = ['serve', '--port', '0', '--sink', server.url];
    const command = new Command(args, folder(), { PGSSLMODE: 'verify-full' });
    await command.url();
    await until(() => /does not support SSL/.test(command.stderr), 'the reason');
    const plain = new Command([...args.slice(0, -1), `${server.url}?sslmode=disable`], folder(), {
      PGSSLMODE: 'verify-full',
    });
    const url = await plain.url();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const each of [command, plain]) {
      each.kill('SIGTERM');
      expect(await each.exit).toBe(0);
    }
  }, 60_000);
});
