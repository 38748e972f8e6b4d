/**
 * A MariaDB server for benches and tests.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2';
import { freePort } from '../harness/free-port.js';
import { LocalServer, runProgram, unprivilegedFolder } from '../harness/local-server.js';

const folders = [process.env.MARIADB_BIN, '/usr/sbin', '/usr/bin', '/usr/local/bin'];
const program = (name: string) =>
  folders
    .flatMap((folder) => (folder === undefined ? [] : [join(folder, name)]))
    .find((path) => existsSync(path));

const install = program('mariadb-install-db');
const server = program('mariadbd');

/** Whether there is a server. */
export const hasMariadb = install !== undefined && server !== undefined;

const user = 'tester';
/** A character that a URL has to escape is in it. */
const password = 'sesame@5309';

/** SIGTERM stops it, and clients are told; SIGKILL: as in a crash. */
export class LocalMariadb extends LocalServer<'SIGTERM' | 'SIGKILL'> {
  private constructor(
    folder: string,
    port: number,
    private readonly settings: readonly string[],
  ) {
    super(folder, port, 'SIGTERM');
  }

  /**
   * Make a server's data and start it.
   *
   * @param settings options of its command line.
   * @throws Error when there is no MariaDB.
   */
  static async start(settings: readonly string[] = []): Promise<LocalMariadb> {
    if (install === undefined || server === undefined) {
      throw new Error('there is no MariaDB: apt-get install mariadb-server, or set MARIADB_BIN');
    }
    const folder = unprivilegedFolder('mariadb');
    const started = new LocalMariadb(folder, await freePort(), settings);
    writeFileSync(
      join(folder, 'init.sql'),
      [
        'CREATE DATABASE IF NOT EXISTS test CHARACTER SET utf8mb4;',
        `CREATE USER IF NOT EXISTS ${user}@'127.0.0.1' IDENTIFIED BY '${password}';`,
        `GRANT ALL ON *.* TO ${user}@'127.0.0.1' WITH GRANT OPTION;`,
      ].join('\n'),
    );
    const options = [
      ...['--no-defaults', `--datadir=${join(folder, 'data')}`, '--skip-test-db', '--skip-name-resolve'],
      '--auth-root-authentication-method=normal',
    ];
    runProgram(install, options, folder);
    await started.run();
    return started;
  }

  override get url(): string {
    return `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/test`;
  }

  protected override get command() {
    const { folder, port, settings } = this;
    const options = [
      ...['--no-defaults', `--datadir=${join(folder, 'data')}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${join(folder, 'socket')}`, `--init-file=${join(folder, 'init.sql')}`],
      // A commit outlives the process, though not the machine.
      ...['--skip-name-resolve', '--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=256M'],
      ...settings,
    ];
    return [server as string, options] as const;
  }

  override async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await super.remove();
  }

  protected override answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const connection = mysql.createConnection(this.url);
      const answer = (answers: boolean) => {
        connection.destroy();
        resolve(answers);
      };
      connection.on('error', () => answer(false));
      connection.query('SELECT 1', (error) => answer(error === null));
    });
  }
}
