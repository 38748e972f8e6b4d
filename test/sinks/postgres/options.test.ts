/**
 * The options of the PostgreSQL sink: what is refused when the sink is named, and what is posted to a flusher.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../dist/src/index.js';
import { connectionConfig } from '../../../dist/src/sinks/postgres/connection-config.js';
import { type PostgresOptions, postgres } from '../../../dist/src/sinks/postgres/index.js';
import { type PostgresSettings, settingsOf } from '../../../dist/src/sinks/postgres/options.js';

const folder = mkdtempSync(join(tmpdir(), 'batchflow-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('options', () => {
  it.each([
    [{ tabel: 'x' }, 'tabel', 'did you mean "table"?'],
    [{ table: 'x', tables: {} }, 'tables', 'not both'],
    [{ url: 'postgres://x', connection: {} }, 'connection', 'not both'],
    [{ url: 'db.example' }, 'url', 'a URL such as'],
    [{ url: 'postgres://me:50%@db' }, 'url', 'encoded, as %25'],
    [{ url: 'mysql://db' }, 'url', 'a URL such as'],
    [{ passwordFile: 'a', passwordEnv: 'B' }, 'passwordEnv', 'not both'],
    [{ conflict: 'upsert' }, 'conflict', "'error', 'ignore', 'replace', 'update'"],
    [{ conflict: 'update' }, 'conflictColumns', 'the columns of the key'],
    [{ conflict: 'replace' }, 'conflictColumns', 'the columns of the key'],
    [{ conflict: { update: [] } }, 'conflict.update', 'one or more'],
    [{ conflictWhere: 'a > 0' }, 'conflictWhere', 'nothing without conflictColumns'],
    [{ absent: 'keep' }, 'absent', "'keep' is for conflict: update"],
    [{ tables: { a: { conflict: 'update' } } }, 'tables.a.conflictColumns', 'the columns of the key'],
    [{ tables: { a: { tabel: 'x' } } }, 'tables.a.tabel', 'did you mean "table"?'],
    [{ tables: { a: 5 } }, 'tables.a', "a table's name"],
    [{ connectionModule: './mine.js' }, 'connectionModule', 'import.meta.url'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs', 'from 1'],
    [{ ssl: { cafile: 'x' } }, 'ssl.cafile', 'did you mean "caFile"?'],
  ] as [PostgresOptions, string, string][])('%j is refused', (options, key, expected) => {
    const error = (() => {
      try {
        postgres(options);
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
      { url: 'mysql://me:sesame@db' },
      { connection: { password: 5309 } },
      { ssl: { passphrase: 5309 } },
      // In a wrong place, or by a wrong name.
      { url: 'postgres://db', connection: { password: 'sesame' } },
      { connection: 'postgres://me:sesame@db' },
      { connection: { pass: 'sesame' } },
      { uri: 'postgres://me:sesame@db' },
      { password: 'sesame' },
      { ssl: 'sesame' },
      { ssl: { pfx: 'sesame' } },
      'postgres://me:sesame@db',
    ] as unknown as PostgresOptions[]) {
      const error = (() => {
        try {
          return postgres(options);
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
    const options: PostgresOptions = {
      conflict: 'update',
      conflictColumns: ['id'],
      connectionModule: new URL('file:///x.js'),
      tables: {
        a: 'one',
        b: { table: 'two', conflict: 'ignore', absent: 'null' },
        c: { conflictColumns: ['x', 'y'] },
      },
    };
    const { tables, connectionModule } = structuredClone(postgres(options).options) as PostgresSettings;
    expect(connectionModule).toBe('file:///x.js');
    expect(tables.bySchema.a).toMatchObject({ table: 'one', conflict: 'update', conflictColumns: ['id'] });
    expect(tables.bySchema.b).toMatchObject({ table: 'two', conflict: 'ignore', conflictColumns: ['id'] });
    expect(tables.bySchema.c).toMatchObject({ conflict: 'update', conflictColumns: ['x', 'y'] });
    expect(tables.all).toMatchObject({ createTable: true, absent: 'null', badText: 'replace' });
  });
});

describe('connections', () => {
  const configOf = (options: PostgresOptions) => connectionConfig(settingsOf(options));
  beforeEach(() => vi.unstubAllEnvs());

  it('read a password from its file each time', async () => {
    const passwordFile = join(folder, 'password');
    for (const password of ['first', 'p@ss/word %41']) {
      writeFileSync(passwordFile, `${password}\n`);
      expect((await configOf({ connection: { host: 'h' }, passwordFile })).password).toBe(password);
      const { connectionString } = await configOf({
        url: 'postgres://me@db/x?sslmode=disable',
        passwordFile,
      });
      const url = new URL(connectionString as string);
      expect(decodeURIComponent(url.password)).toBe(password);
      expect(url.search).toBe('?sslmode=disable');
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

  it('read certificates from their files each time', async () => {
    const caFile = join(folder, 'ca.pem');
    for (const ca of ['one', 'two']) {
      writeFileSync(caFile, ca);
      expect((await configOf({ ssl: { caFile, servername: 'db' } })).ssl).toMatchObject({
        ...{ rejectUnauthorized: true, servername: 'db', ca },
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

  it('have a name, a limit of time and nothing that is undefined', async () => {
    expect(await configOf({ applicationName: 'mine', connectTimeoutMs: 5 })).toEqual({
      ...{ application_name: 'mine', connectionTimeoutMillis: 5, keepAlive: true },
    });
  });
});
