/**
 * A PostgreSQL server for benches and tests: data in a folder of its own, on a port of loopback. The server refuses to
 * run as root, so then it runs as nobody.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../harness/free-port.js';

const debian = '/usr/lib/postgresql';
const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
const folders = [process.env.POSTGRES_BIN, ...versions.map((version) => join(debian, version, 'bin'))];

/** The folder of the server's programs; undefined when there is none. */
export const postgresPrograms = folders.find(
  (folder) => folder !== undefined && existsSync(join(folder, 'initdb')),
);

const user = 'tester';
const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
/** A server that does not answer by then has failed. */
const startMs = 60_000;

export class LocalPostgres {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

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
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-postgres-'));
    if (owner.uid !== undefined) chownSync(folder, nobody, nobody);
    const options = ['-D', folder, '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
    execFileSync(join(postgresPrograms, 'initdb'), options, { ...owner, cwd: folder, stdio: 'ignore' });
    const lines = ["unix_socket_directories = ''", 'max_connections = 40', ...settings];
    appendFileSync(join(folder, 'postgresql.conf'), `\n${lines.join('\n')}\n`);
    const server = new LocalPostgres(folder, await freePort());
    await server.run();
    return server;
  }

  get url(): string {
    return `postgres://${user}@127.0.0.1:${this.port}/postgres`;
  }

  /** Start the server, which was stopped. Resolves when it answers. */
  async run(): Promise<void> {
    const options = ['-D', this.folder, '-p', String(this.port), '-h', '127.0.0.1'];
    const program = join(postgresPrograms as string, 'postgres');
    const child = spawn(program, options, { ...owner, cwd: this.folder, stdio: 'ignore' });
    this.#process = child;
    const end = performance.now() + startMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > end) throw new Error('the server does not answer');
      await setTimeout(20);
    }
  }

  /** Stop the server. @param signal SIGINT: at once, clients are told; SIGQUIT: as in a crash. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Stop the server, and remove its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
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
