/**
 * The options of the MySQL sink: what is refused when the sink is named, and what is posted to a flusher.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../dist/src/index.js';
import { connectionConfig } from '../../../dist/src/sinks/mysql/connection-config.js';
import { type MysqlOptions, mysql } from '../../../dist/src/sinks/mysql/index.js';
import { type MysqlSettings, settingsOf } from '../../../dist/src/sinks/mysql/options.js';

const folder = mkdtempSync(join(tmpdir(), 'batchflow-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('options', () => {
  it.each([
    [{ tabel: 'x' }, 'tabel', 'did you mean "table"?'],
    [{ table: 'x', tables: {} }, 'tables', 'not both'],
    [{ url: 'mysql://x', connection: {} }, 'connection', 'not both'],
    [{ url: 'db.example' }, 'url', 'a URL such as'],
    [{ url: 'mysql://me:50%@db' }, 'url', 'encoded, as %25'],
    [{ url: 'postgres://db' }, 'url', 'a URL such as'],
    [{ url: 'mysql://db?ssl-mode=maybe' }, 'url', 'ssl-mode (DISABLED'],
    [{ url: 'mysql://db?multipleStatements=true' }, 'url', 'ssl-mode (DISABLED'],
    [{ way: 'load' }, 'way', "one of 'bulk', 'execute', 'query'"],
    [{ conflictColumns: ['a'], conflictWhere: 'a > 0' }, 'conflictWhere', 'no partial indexes'],
    [
      { tables: { a: { conflictColumns: ['a'], conflictWhere: 'a > 0' } } },
      'tables.a.conflictWhere',
      'no partial indexes',
    ],
    [{ passwordFile: 'a', passwordEnv: 'B' }, 'passwordEnv', 'not both'],
    [{ conflict: 'upsert' }, 'conflict', "'error', 'ignore', 'replace', 'update'"],
    [{ conflict: 'update' }, 'conflictColumns', 'the columns of the key'],
    [{ conflict: 'replace' }, 'conflictColumns', 'the columns of the key'],
    [{ conflict: { update: [] } }, 'conflict.update', 'one or more'],
    [{ absent: 'keep' }, 'absent', "'keep' is for conflict: update"],
    [{ tables: { a: { conflict: 'update' } } }, 'tables.a.conflictColumns', 'the columns of the key'],
    [{ tables: { a: { tabel: 'x' } } }, 'tables.a.tabel', 'did you mean "table"?'],
    [{ tables: { a: 5 } }, 'tables.a', "a table's name"],
    [{ connectionModule: './mine.js' }, 'connectionModule', 'import.meta.url'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs', 'from 1'],
    [{ ssl: { cafile: 'x' } }, 'ssl.cafile', 'did you mean "caFile"?'],
  ] as unknown as [MysqlOptions, string, string][])('%j is refused', (options, key, expected) => {
    const error = (() => {
      try {
        mysql(options);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).key).toBe(key);
    expect((error as ConfigError).message).toContain(expected);
  });

  it('are never shown where a password is in them', () => {
    for (const options of [
      { url: 'sesame' },
      { url: 5309 },
      { url: 'postgres://me:sesame@db' },
      { url: 'mysql://me:sesame@db?x=1' },
      { connection: { password: 5309 } },
      { ssl: { passphrase: 5309 } },
      // In a wrong place, or by a wrong name.
      { url: 'mysql://db', connection: { password: 'sesame' } },
      { connection: 'mysql://me:sesame@db' },
      { connection: { pass: 'sesame' } },
      { uri: 'mysql://me:sesame@db' },
      { password: 'sesame' },
      { ssl: 'sesame' },
      { ssl: { pfx: 'sesame' } },
      'mysql://me:sesame@db',
    ] as unknown as MysqlOptions[]) {
      const error = (() => {
        try {
          return mysql(options);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).not.toMatch(/sesame|5309/);
      expect(JSON.stringify(error)).not.toMatch(/sesame|5309/);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('sesame@');
    }
  });

  it('can be posted, with what one table does not say as for all', () => {
    const options: MysqlOptions = {
      conflict: 'update',
      conflictColumns: ['id'],
      connectionModule: new URL('file:///x.js'),
      tables: {
        a: 'one',
        b: { table: 'two', conflict: 'ignore', absent: 'null' },
        c: { conflictColumns: ['x', 'y'] },
      },
    };
    const { tables, connectionModule } = structuredClone(mysql(options).options) as MysqlSettings;
    expect(connectionModule).toBe('file:///x.js');
    expect(tables.bySchema.a).toMatchObject({ table: 'one', conflict: 'update', conflictColumns: ['id'] });
    expect(tables.bySchema.b).toMatchObject({ table: 'two', conflict: 'ignore', conflictColumns: ['id'] });
    expect(tables.bySchema.c).toMatchObject({ conflict: 'update', conflictColumns: ['x', 'y'] });
    expect(tables.all).toMatchObject({ createTable: true, absent: 'null', badText: 'replace' });
  });
});

describe('connections', () => {
  const configOf = (options: MysqlOptions) => connectionConfig(settingsOf(options));
  beforeEach(() => vi.unstubAllEnvs());

  it('read a password from its file each time', async () => {
    const passwordFile = join(folder, 'password');
    for (const password of ['first', 'p@ss/word %41']) {
      writeFileSync(passwordFile, `${password}\n`);
      expect((await configOf({ connection: { host: 'h' }, passwordFile })).password).toBe(password);
      expect(await configOf({ url: 'mysql://me:old@db/x', passwordFile })).toMatchObject({
        password,
        user: 'me',
      });
    }
    await expect(configOf({ passwordFile: join(folder, 'none') })).rejects.toThrow(
      /passwordFile cannot be read/,
    );
  });

  it('read a password from the environment', async () => {
    vi.stubEnv('DB_PASSWORD', 'secret');
    expect((await configOf({ passwordEnv: 'DB_PASSWORD' })).password).toBe('secret');
    vi.stubEnv('DB_PASSWORD', undefined);
    await expect(configOf({ passwordEnv: 'DB_PASSWORD' })).rejects.toThrow(/DB_PASSWORD is not set/);
  });

  it('take what the options leave out from the environment, as the programs of MySQL do', async () => {
    vi.stubEnv('MYSQL_HOST', 'there');
    vi.stubEnv('MYSQL_TCP_PORT', '3307');
    vi.stubEnv('MYSQL_PWD', 'secret');
    expect(await configOf({})).toMatchObject({ host: 'there', port: 3307, password: 'secret' });
    expect(await configOf({ url: 'mysql://here/x' })).toMatchObject({
      host: 'here',
      port: 3307,
      database: 'x',
    });
    vi.stubEnv('MYSQL_TCP_PORT', '');
    expect(await configOf({})).not.toHaveProperty('port');
  });

  it('read a URL with all of its parts', async () => {
    const url = 'mariadb://me%40home:p%2Fw@[::1]:3310/my%20data?ssl-mode=VERIFY_CA';
    expect(await configOf({ url })).toMatchObject({
      ...{ host: '::1', port: 3310, user: 'me@home', password: 'p/w', database: 'my data' },
      ssl: { rejectUnauthorized: true, verifyIdentity: false },
    });
    expect(await configOf({ url: 'mysql://me@localhost/x?socketPath=/run/db' })).toMatchObject({
      socketPath: '/run/db',
    });
  });

  it.each([
    ['DISABLED', undefined],
    ['REQUIRED', { rejectUnauthorized: false, verifyIdentity: false }],
    ['VERIFY_IDENTITY', { rejectUnauthorized: true, verifyIdentity: true }],
  ])('have TLS as the URL says: %s', async (mode, ssl) => {
    const config = await configOf({ url: `mysql://db?ssl-mode=${mode}`, ssl: true });
    if (ssl === undefined) expect(config.ssl).toBeUndefined();
    else expect(config.ssl).toMatchObject(ssl);
  });

  it('read certificates from their files each time', async () => {
    const caFile = join(folder, 'ca.pem');
    for (const ca of ['one', 'two']) {
      writeFileSync(caFile, ca);
      expect((await configOf({ ssl: { caFile, servername: 'db' } })).ssl).toEqual({
        ...{ rejectUnauthorized: true, verifyIdentity: true, servername: 'db', ca, minVersion: 'TLSv1.2' },
      });
    }
  });

  it('ask a module, whose options come first', async () => {
    const source = 'let n = 0; export default async () => ({ host: "here", password: "token " + ++n });';
    const connectionModule = `data:text/javascript,${encodeURIComponent(source)}`;
    const options = { connection: { host: 'there', user: 'me' }, connectionModule };
    expect(await configOf(options)).toMatchObject({ host: 'here', user: 'me', password: 'token 1' });
    expect(await configOf(options)).toMatchObject({ password: 'token 2' });
    const broken = { connectionModule: 'data:text/javascript,export default 5' };
    await expect(configOf(broken)).rejects.toThrow(/gave no options/);
  });

  it('have a name, a limit of time, and no right to files of this machine', async () => {
    expect(await configOf({ applicationName: 'mine', connectTimeoutMs: 5 })).toEqual({
      connectAttributes: { program_name: 'mine' },
      connectTimeout: 5,
      flags: ['-LOCAL_FILES', '-CLIENT_QUERY_ATTRIBUTES', '-FOUND_ROWS'],
      multipleStatements: false,
    });
  });
});
