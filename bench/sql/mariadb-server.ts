/**
 * A MariaDB server for benches and tests: data in a folder of its own, on a port of loopback. Where root starts it, it
 * runs as nobody.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import mysql from 'mysql2';
import { freePort } from '../harness/free-port.js';

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
const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
/** A server that does not answer by then has failed. */
const startMs = 60_000;

export class LocalMariadb {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

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
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-mariadb-'));
    const started = new LocalMariadb(folder, await freePort(), settings);
    writeFileSync(
      join(folder, 'init.sql'),
      [
        'CREATE DATABASE IF NOT EXISTS test CHARACTER SET utf8mb4;',
        `CREATE USER IF NOT EXISTS ${user}@'127.0.0.1' IDENTIFIED BY '${password}';`,
        `GRANT ALL ON *.* TO ${user}@'127.0.0.1' WITH GRANT OPTION;`,
      ].join('\n'),
    );
    if (owner.uid !== undefined) chownSync(folder, nobody, nobody);
    const options = [
      ...['--no-defaults', `--datadir=${join(folder, 'data')}`, '--skip-test-db', '--skip-name-resolve'],
      '--auth-root-authentication-method=normal',
    ];
    execFileSync(install, options, { ...owner, cwd: folder, stdio: 'ignore' });
    await started.run();
    return started;
  }

  get url(): string {
    return `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/test`;
  }

  /** Start the server, which was stopped. Resolves when it answers. */
  async run(): Promise<void> {
    const { folder, port, settings } = this;
    const options = [
      ...['--no-defaults', `--datadir=${join(folder, 'data')}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      ...[`--socket=${join(folder, 'socket')}`, `--init-file=${join(folder, 'init.sql')}`],
      ...['--skip-name-resolve', '--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=256M'],
      ...settings,
    ];
    const child = spawn(server as string, options, { ...owner, cwd: folder, stdio: 'ignore' });
    this.#process = child;
    const end = performance.now() + startMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > end) throw new Error('the server does not answer');
      await setTimeout(20);
    }
  }

  /** Stop the server. @param signal SIGTERM: clients are told; SIGKILL: as in a crash. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Stop the server, and remove its data. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #answers(): Promise<boolean> {
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
