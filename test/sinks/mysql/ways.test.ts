/**
 * The ways of rows: which one is taken, what a server or a driver that lacks one costs, TLS, and large rows.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadSink } from '../../../dist/src/flow/delivery/sink-loader.js';
import { batchOf, defineSchema, t } from '../../../dist/src/index.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { takesPackets } from '../../../dist/src/sinks/mysql/row-command.js';
import type { Session } from '../../../dist/src/sinks/mysql/session.js';
import { Ways } from '../../../dist/src/sinks/mysql/ways.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { MariadbServer, noMariadb } from '../../fixtures/mariadb-server.js';

const Events = defineSchema('events', {
  id: t.int32(),
  text: t.string().optional(),
  bytes: t.bytes().optional(),
});
const events = (count: number, text: string | null = 'x') =>
  Array.from({ length: count }, (_, id) => ({ id, text, bytes: null }));
const session = (takesBulk: boolean, takes: boolean) => ({ takesBulk, takesPackets: takes }) as Session;

describe('the way of rows', () => {
  it('is the best that server and driver have', () => {
    const warn = vi.fn();
    const ways = new Ways(undefined, warn);
    expect(ways.of(session(true, true))).toBe('bulk');
    expect(ways.of(session(false, true))).toBe('execute');
    expect(warn).not.toHaveBeenCalled();
    expect([ways.of(session(false, false)), ways.of(session(false, false))]).toEqual(['query', 'query']);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('this version of mysql2'));
  });

  it('is no longer bulk when the server has refused it', () => {
    const warn = vi.fn();
    const ways = new Ways(undefined, warn);
    for (const _ of [1, 2]) ways.refuseBulk(new Error('not with this log'));
    expect(ways.of(session(true, true))).toBe('execute');
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('not with this log'));
  });

  it('is the one that the options name, or none', () => {
    expect(new Ways('query', vi.fn()).of(session(true, true))).toBe('query');
    expect(() => new Ways('bulk', vi.fn()).of(session(false, true))).toThrow(
      'the server has no bulk execution',
    );
    expect(() => new Ways('execute', vi.fn()).of(session(false, false))).toThrow('takes no packets');
    expect(() => new Ways('bulk', vi.fn()).refuseBulk(new Error('no'))).toThrow('no');
  });

  it('needs of mysql2 what is looked for', () => {
    const command = { start() {}, resultsetHeader() {} };
    const driver = { createQuery: () => command };
    const connection = { writePacket() {}, config: {} };
    const takes = (changes: object, of = connection as object) =>
      takesPackets({ ...driver, ...changes } as never, of as never);
    expect(takes({})).toBe(true);
    expect(takes({ createQuery: undefined })).toBe(false);
    expect(takes({ createQuery: () => ({ ...command, resultsetHeader: undefined }) })).toBe(false);
    expect(takes({ createQuery: () => ({ ...command, start: undefined }) })).toBe(false);
    expect(takes({}, { config: {} })).toBe(false);
  });
});

describe.skipIf(noMariadb)(`ways to MariaDB ${noMariadb ?? ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-tls-'));
  const file = (name: string) => join(folder, name);
  let server: MariadbServer;

  beforeAll(async () => {
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem'],
      ...['-days', '2', '-subj', '/CN=db.example', '-addext', 'subjectAltName=DNS:db.example'],
    );
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    server = await MariadbServer.start([
      ...[`--ssl-cert=${file('cert.pem')}`, `--ssl-key=${file('key.pem')}`, '--max-allowed-packet=1M'],
      ...['--log-bin=log', '--server-id=1', '--binlog-format=ROW'],
    ]);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const fresh = async (options: MysqlOptions = {}) => {
    await server.sql('DROP TABLE IF EXISTS events');
    return directSink(mysql({ url: server.url, ...options }), Events);
  };
  const count = async () => Number((await server.sql('SELECT count(*) FROM events'))[0]?.[0]);

  it.each(['bulk', 'execute', 'query'] as const)('pass through TLS, by %s', async (way) => {
    const ssl = { caFile: file('cert.pem'), servername: 'db.example' };
    const sink = await fresh({ ssl, way, requireServer: true });
    await sink.write(events(500));
    expect(await count()).toBe(500);
  });

  it('are taken over TLS to the right server alone', async () => {
    const opened = (ssl: MysqlOptions['ssl'], url = server.url) =>
      directSink(mysql({ url, ...(ssl !== undefined && { ssl }), requireServer: true }), Events).then(
        () => 'it was opened',
        (error: Error) => error.message,
      );
    expect(await opened(true)).toContain('self-signed certificate');
    expect(await opened({ caFile: file('cert.pem'), servername: 'other.example' })).toContain(
      'other.example',
    );
    expect(await opened({ rejectUnauthorized: false })).toBe('it was opened');
    expect(await opened({ caFile: file('cert.pem') }, `${server.url}?ssl-mode=VERIFY_CA`)).toBe(
      'it was opened',
    );
    expect(await opened(undefined, `${server.url}?ssl-mode=REQUIRED`)).toBe('it was opened');
  });

  it('pass through compression', async () => {
    const source = 'export default async () => ({ compress: true })';
    const connectionModule = `data:text/javascript,${encodeURIComponent(source)}`;
    const sink = await fresh({ connectionModule, way: 'bulk' });
    await sink.write(events(2000, 'a long text, of which there are many'));
    expect(await count()).toBe(2000);
  });

  it('are prepared statements where the log of the server takes no bulk execution', async () => {
    await server.sql("SET GLOBAL binlog_format = 'STATEMENT'");
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const sink = await fresh();
      expect(await sink.write(events(10))).toBeUndefined();
      expect(await count()).toBe(10);
      const texts = warned.mock.calls.map(([text]) => String(text));
      expect(texts).toEqual([expect.stringContaining('the server refuses bulk execution')]);
    } finally {
      warned.mockRestore();
      await server.sql("SET GLOBAL binlog_format = 'ROW'");
    }
  });

  it.each(['bulk', 'execute', 'query'] as const)(
    'take batches that no packet holds, whole, by %s',
    async (way) => {
      const sink = await fresh({ way, conflictColumns: ['id'] });
      const rows = events(24, 'é'.repeat(50_000));
      expect(await sink.write(rows)).toBeUndefined();
      const [[sum]] = (await server.sql('SELECT CAST(sum(char_length(text)) AS CHAR) FROM events')) as [
        [string],
      ];
      expect(sum).toBe(String(24 * 50_000));
      // Bad ones and too large ones are found in later packets.
      await server.sql('DELETE FROM events WHERE id <> 20');
      const large = { id: 99, text: 'y', bytes: new Uint8Array(1_200_000) };
      const result = await sink.write([...rows, large]);
      const failed = (result?.failed ?? []).map(({ index, error }) => [index, (error as Error).name]);
      expect(failed.sort()).toEqual([
        [20, 'MysqlWriteError'],
        [24, 'RowTooLargeError'],
      ]);
      expect(await count()).toBe(24);
    },
  );

  it('are shown by a metric', async () => {
    await server.sql('DROP TABLE IF EXISTS events');
    const metrics = new Registry();
    const ref = mysql({ url: server.url });
    const sink = await loadSink(ref);
    const context = { flusher: 1, options: ref.options, schema: Events, attempt: 1, metrics } as const;
    await sink.open?.({ ...context, schemas: [Events] });
    await sink.write(batchOf(Events, events(1)), { ...context, signal: new AbortController().signal });
    expect(await metrics.metrics()).toContain('batchflow_mysql_way{way="bulk"} 1');
    await sink.close?.();
  });

  it.each(['mysql2', 'mysql2-oldest'])('are all there with %s', async (name) => {
    await server.sql('DROP TABLE IF EXISTS events_bulk, events_execute, events_query');
    for (const way of ['bulk', 'execute', 'query']) {
      await server.sql(
        `CREATE TABLE events_${way} (id int PRIMARY KEY, at datetime(6), text varchar(5) CHARACTER SET utf8mb4)`,
      );
      await server.sql(`INSERT INTO events_${way} VALUES (1, now(), 'there')`);
    }
    const script = fileURLToPath(new URL('../../fixtures/mysql2-version.mjs', import.meta.url));
    const printed = execFileSync(process.execPath, [script, server.url, name], { encoding: 'utf8' });
    const failed = [
      [1, 1062],
      [2, 1406],
    ];
    expect(JSON.parse(printed)).toEqual({ bulk: failed, execute: failed, query: failed });
    for (const way of ['bulk', 'execute', 'query']) {
      const stored = await server.sql(
        `SELECT id, CAST(at AS CHAR), text FROM events_${way} WHERE id <> 1 ORDER BY id`,
      );
      expect(stored).toEqual([
        [3, '2023-11-14 22:13:20.000000', 'é'],
        [5, '2023-11-14 22:13:20.000000', 'é'],
      ]);
    }
  });
});
