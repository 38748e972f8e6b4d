/**
 * A PostgreSQL server for benches and tests. It refuses to run as root.
 */
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../harness/free-port.js';
import { LocalServer, runProgram, unprivilegedFolder } from '../harness/local-server.js';

const debian = '/usr/lib/postgresql';
const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
const folders = [process.env.POSTGRES_BIN, ...versions.map((version) => join(debian, version, 'bin'))];

/** The folder of the server's programs; undefined when there is none. */
export const postgresPrograms = folders.find(
  (folder) => folder !== undefined && existsSync(join(folder, 'initdb')),
);

const user = 'tester';

/** SIGINT stops it at once, and clients are told; SIGQUIT: as in a crash. */
export class LocalPostgres extends LocalServer<'SIGINT' | 'SIGQUIT'> {
  private constructor(folder: string, port: number) {
    super(folder, port, 'SIGINT');
  }

  /**
   * Make a database cluster and start its server.
   *
   * @param settings lines of its configuration.
   * @throws Error when there is no PostgreSQL.
   */
  static async start(settings: readonly string[] = []): Promise<LocalPostgres> {
    if (postgresPrograms === undefined) {
      throw new Error('there is no PostgreSQL: apt-get install postgresql, or set POSTGRES_BIN');
    }
    const folder = unprivilegedFolder('postgres');
    const options = ['-D', folder, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
    runProgram(join(postgresPrograms, 'initdb'), options, folder);
    const lines = ["unix_socket_directories = ''", 'max_connections = 40', ...settings];
    appendFileSync(join(folder, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
    const server = new LocalPostgres(folder, await freePort());
    await server.run();
    return server;
  }

  override get url(): string {
    return `postgres://${user}@127.0.0.1:${this.port}/postgres`;
  }

  protected override get command() {
    const options = ['-D', this.folder, '-p', String(this.port), '-h', '127.0.0.1'];
    return [join(postgresPrograms as string, 'postgres'), options] as const;
  }

  protected override async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url });
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }
}
