/**
 * TLS to PostgreSQL: which servers are trusted, by what the options, the URL and the environment say; and certificates
 * and passwords that are renewed while the sink runs.
 */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBatchFlow, defineSchema, type FlushError, SinkError, t } from '../../../dist/src/index.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { Certificates } from '../../fixtures/certificates.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { noPostgres, PostgresServer } from '../../fixtures/postgres-server.js';
import { until } from '../../fixtures/until.js';

const Events = defineSchema('events', { id: t.int32() });
const nobody = { rejectUnauthorized: false };

describe.skipIf(noPostgres)(`TLS to PostgreSQL ${noPostgres ?? ''}`, () => {
  let authority: Certificates;
  let server: PostgresServer;
  let own: string;

  beforeAll(async () => {
    authority = new Certificates();
    server = await PostgresServer.start();
    own = (await server.sql('SHOW data_directory'))[0]?.[0] as string;
    await present('server', ['DNS:localhost', 'IP:127.0.0.1']);
    await server.sql('CREATE ROLE secured LOGIN SUPERUSER');
    await server.sql("CREATE ROLE renewed LOGIN SUPERUSER PASSWORD 'first'");
    await server.sql('CREATE ROLE certified LOGIN SUPERUSER');
    const hba = (await server.sql('SHOW hba_file'))[0]?.[0] as string;
    const rules = [
      ...['hostnossl all secured,certified 0.0.0.0/0 reject', 'hostssl all certified 0.0.0.0/0 cert'],
      'host all renewed 0.0.0.0/0 scram-sha-256',
    ];
    writeFileSync(hba, `${rules.join('\n')}\n${readFileSync(hba, 'utf8')}`);
    await server.sql('ALTER SYSTEM SET ssl = on');
    await server.sql("ALTER SYSTEM SET ssl_ca_file = 'ca.pem'");
    await server.sql('SELECT pg_reload_conf()');
    await until(async () => (await server.sql('SHOW ssl'))[0]?.[0] === 'on', 'TLS');
  }, 60_000);
  beforeEach(() => server.sql('DROP TABLE IF EXISTS events'));

  /** Let the server present a certificate of the authority, for these names. */
  async function present(name: string, names: readonly string[]): Promise<void> {
    const { cert, key } = authority.sign(name, names);
    // Over the files that are there: they belong to the server's user.
    for (const [from, to] of [
      [cert, 'server.crt'],
      [key, 'server.key'],
      [authority.caFile, 'ca.pem'],
    ] as const) {
      await server.sql(`COPY (SELECT 1) TO '${join(own, to)}'`);
      chmodSync(join(own, to), 0o600);
      writeFileSync(join(own, to), readFileSync(from));
    }
    await server.sql('SELECT pg_reload_conf()');
  }

  const url = (query = '', user = 'secured') =>
    `${server.url.replace('tester', user)}${query === '' ? '' : `?${query}`}`;
  const open = (options: PostgresOptions) =>
    directSink(postgres({ url: url(), requireServer: true, ...options }), Events);
  const refusal = (options: PostgresOptions): Promise<unknown> =>
    open(options).then(
      () => 'it was opened',
      (error: unknown) => error,
    );
  const sessions = () =>
    server.sql(
      `SELECT s.ssl FROM pg_stat_ssl AS s JOIN pg_stat_activity AS a USING (pid)
      WHERE application_name = 'batchflow'`,
    );
  const end = () =>
    server.sql(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'batchflow'",
    );
  const ids = async () => (await server.sql('SELECT id FROM events ORDER BY id')).flat();

  it.each([
    ['the file of the authority', () => ({ ssl: { caFile: authority.caFile } })],
    ['its text', () => ({ ssl: { ca: readFileSync(authority.caFile, 'utf8') } })],
    [
      'sslmode=verify-full with sslrootcert',
      () => ({ url: url(`sslmode=verify-full&sslrootcert=${authority.caFile}`) }),
    ],
    [
      'sslmode=verify-full beside the file',
      () => ({ url: url('sslmode=verify-full'), ssl: { caFile: authority.caFile } }),
    ],
    ['sslmode=no-verify', () => ({ url: url('sslmode=no-verify') })],
    [
      'sslmode=no-verify beside a file of another',
      () => ({ url: url('sslmode=no-verify'), ssl: { caFile: new Certificates().caFile } }),
    ],
    ['nobody to trust', () => ({ ssl: nobody })],
  ] as [string, () => PostgresOptions][])('is used with %s', async (_, options) => {
    const sink = await open(options());
    await sink.write([{ id: 1 }]);
    expect(await sessions()).toEqual([[true]]);
    expect(await ids()).toEqual([1]);
  });

  it.each([
    ['an authority that nobody knows', { ssl: true }, 'self-signed certificate in certificate chain'],
    ['the same by the URL', { url: 'sslmode=verify-full' }, 'self-signed certificate in certificate chain'],
    ['another name', { servername: 'other.example' }, "Host: other.example. is not in the cert's altnames"],
    [
      'another name by the URL',
      { url: 'sslmode=verify-full', servername: 'other.example' },
      "Host: other.example. is not in the cert's altnames",
    ],
  ] as [string, { ssl?: true; url?: string; servername?: string }, string][])(
    'is refused to a server of %s, with a reason',
    async (_, { ssl, url: query, servername }, text) => {
      const options = {
        url: url(query),
        ...(ssl !== undefined && { ssl }),
        ...(servername !== undefined && { ssl: { caFile: authority.caFile, servername } }),
      };
      const error = await refusal(options);
      expect(error).toBeInstanceOf(SinkError);
      expect((error as Error).message).toContain('cannot connect to PostgreSQL: ');
      expect((error as Error).message).toContain(text);
    },
  );

  it('is told of by a reason where rows are given up for it', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const flow = await createBatchFlow({
      schema: Events,
      sink: postgres({ url: url('sslmode=verify-full') }),
      ...{ flushIntervalMs: 1, retry: { maxAttempts: 1 } },
    });
    const errors: FlushError[] = [];
    flow.on('flushError', (error) => errors.push(error));
    flow.push({ id: 1 });
    await flow.close();
    expect(errors).toMatchObject([
      {
        reason: 'retries',
        cause: { reason: 'auth', message: expect.stringMatching(/self-signed certificate/) },
      },
    ]);
  });

  it('goes by the name that the options give, where the host has another', async () => {
    const host = url().replace('127.0.0.1', 'localhost');
    const ssl = { caFile: authority.caFile };
    await (await open({ url: host, ssl })).write([{ id: 1 }]);
    const other = await refusal({ url: host, ssl: { ...ssl, servername: 'other.example' } });
    expect(String(other)).toContain("Host: other.example. is not in the cert's altnames");
    await present('server', ['DNS:other.example']);
    onTestFinished(() => present('server', ['DNS:localhost', 'IP:127.0.0.1']));
    await (await open({ url: host, ssl: { ...ssl, servername: 'other.example' } })).write([{ id: 2 }]);
    expect(String(await refusal({ url: host, ssl }))).toContain("Host: localhost. is not in the cert's");
    expect(await ids()).toEqual([1, 2]);
  });

  it('is not used where the URL, or nobody, asks for it', async () => {
    for (const options of [
      {},
      { url: url('sslmode=disable') },
      { url: url('sslmode=disable'), ssl: { caFile: authority.caFile } },
      { url: url('sslmode=disable'), ssl: true },
    ]) {
      expect(String(await refusal(options))).toMatch(/pg_hba.conf rejects connection .* no encryption/);
    }
  });

  it('is what PGSSLMODE says where the options say nothing', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('PGSSLMODE', 'no-verify');
    await (await open({})).write([{ id: 1 }]);
    expect(await sessions()).toEqual([[true]]);
    expect(String(await refusal({ ssl: false }))).toContain('no encryption');
    vi.stubEnv('PGSSLMODE', 'verify-full');
    expect(String(await refusal({}))).toContain('self-signed certificate');
    await open({ ssl: { caFile: authority.caFile } });
  });

  it.each([
    ['the options', (caFile: string) => ({ ssl: { caFile } })],
    ['the URL', (caFile: string) => ({ url: url(`sslmode=verify-full&sslrootcert=${caFile}`) })],
  ] as const)('reads the certificate of the authority, named by %s, at each connection', async (_, by) => {
    const sink = await open(by(authority.caFile));
    await sink.write([{ id: 1 }]);
    authority.renew();
    await present('server', ['IP:127.0.0.1']);
    await end();
    await until(async () => {
      const error: unknown = await sink.write([{ id: 2 }]).catch((thrown: unknown) => thrown);
      return error === undefined;
    }, 'the next connection');
    expect(await ids()).toEqual([1, 2]);
    // Of the old authority there is nothing left.
    authority.renew();
    await end();
    await until(async () => {
      const error = await sink.write([{ id: 3 }]).catch((thrown: unknown) => thrown);
      if (!/certificate/.test(String(error))) return false;
      expect(sink.classify(error)).toBe('retry');
      return true;
    }, 'the certificate to be refused');
    await present('server', ['DNS:localhost', 'IP:127.0.0.1']);
  });

  it("shows the client's own certificate, read at each connection", async () => {
    const certFile = join(authority.folder, 'client.pem');
    const keyFile = join(authority.folder, 'client.key');
    const ssl = { caFile: authority.caFile, certFile, keyFile };
    const install = (name: string) => {
      const { cert, key } = authority.sign(name);
      copyFileSync(cert, certFile);
      copyFileSync(key, keyFile);
    };
    expect(String(await refusal({ url: url('', 'certified'), ssl: { caFile: authority.caFile } }))).toContain(
      'connection requires a valid client certificate',
    );
    expect(String(await refusal({ url: url('', 'certified'), ssl }))).toMatch(
      /ssl\.(cert|key)File cannot be read: ENOENT/,
    );
    install('somebody');
    const refused = await refusal({ url: url('', 'certified'), ssl });
    expect(refused).toMatchObject({ name: 'ConnectError', cause: { code: '28000' } });
    install('certified');
    const sink = await open({ url: url('', 'certified'), ssl });
    await sink.write([{ id: 1 }]);
    install('somebody');
    await end();
    await until(async () => {
      const error = await sink.write([{ id: 2 }]).catch((thrown: unknown) => thrown);
      return /certificate authentication failed/.test(String(error));
    }, 'the other certificate to be refused');
    install('certified');
    await sink.write([{ id: 2 }]);
    expect(await ids()).toEqual([1, 2]);
  });

  it.each(['passwordFile', 'connectionModule'] as const)('takes the password of %s anew', async (option) => {
    const file = join(authority.folder, 'password');
    const source = `import { readFileSync } from 'node:fs';
      export default () => ({ password: readFileSync(${JSON.stringify(file)}, 'utf8') });`;
    const module = join(authority.folder, 'connection.mjs');
    writeFileSync(module, source);
    const set = async (password: string) => {
      writeFileSync(file, password);
      await server.sql(`ALTER ROLE renewed PASSWORD '${password}'`);
    };
    await set('first');
    const sink = await open({
      url: url('sslmode=verify-full', 'renewed'),
      ssl: { caFile: authority.caFile },
      ...(option === 'passwordFile' ? { passwordFile: file } : { connectionModule: pathToFileURL(module) }),
    });
    await sink.write([{ id: 1 }]);
    await set('s&c@nd/%41');
    await end();
    await until(async () => {
      const error: unknown = await sink.write([{ id: 2 }]).catch((thrown: unknown) => thrown);
      if (error !== undefined) expect(String(error)).not.toMatch(/first|c@nd/);
      return error === undefined;
    }, 'the new password');
    writeFileSync(file, 'wrong');
    await end();
    await until(async () => {
      const error = await sink.write([{ id: 3 }]).catch((thrown: unknown) => thrown);
      if (!/password authentication failed for user "renewed"/.test(String(error))) return false;
      expect(sink.classify(error)).toBe('retry');
      return true;
    }, 'the wrong password to be refused');
    expect(await ids()).toEqual([1, 2]);
  });

  it('has its files named in one place', () => {
    const named = url('sslrootcert=/ca.pem');
    expect(() => postgres({ url: named, ssl: { certFile: '/x.pem' } })).toThrow(
      /^ssl: got "\[hidden\]".*; expected true or false beside sslrootcert of `url`$/,
    );
    expect(() => postgres({ url: named, ssl: true })).not.toThrow();
  });
});
