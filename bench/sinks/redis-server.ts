/**
 * A Redis server for benches and tests: data in a folder of its own, on a port of loopback.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../harness/free-port.js';

const program = process.env.REDIS_SERVER ?? 'redis-server';

/** Whether there is a server. */
export const hasRedis = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** A server that does not answer by then has failed. */
const startMs = 30_000;

export class LocalRedis {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /**
   * Start a server.
   *
   * @param settings options of its command line, such as `--maxmemory`, `10mb`; a file may be before them.
   * @throws Error when there is no Redis.
   */
  static async start(settings: readonly string[] = []): Promise<LocalRedis> {
    if (!hasRedis) throw new Error('there is no Redis: apt-get install redis-server, or set REDIS_SERVER');
    const started = new LocalRedis(
      mkdtempSync(join(tmpdir(), 'batchflow-redis-')),
      await freePort(),
      settings,
    );
    await started.run();
    return started;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Start the server, which was stopped. Resolves when it accepts connections. */
  async run(): Promise<void> {
    const { folder, port, settings } = this;
    // A file of settings comes before all options.
    const files = settings.filter((text, i) => i === 0 && !text.startsWith('--'));
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    const options = [...files, ...own, ...settings.slice(files.length)];
    const child = spawn(program, options, { cwd: folder, stdio: 'ignore' });
    this.#process = child;
    const end = performance.now() + startMs;
    while (!(await this.#accepts())) {
      if (child.exitCode !== null || performance.now() > end) throw new Error('the server does not answer');
      await setTimeout(10);
    }
  }

  /** Stop the server. @param signal SIGTERM: it saves what it is to save; SIGKILL: as in a crash. */
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

  /** A server with TLS or a password accepts connections, too. */
  #accepts(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.tlsPort ?? this.port, '127.0.0.1');
      const answer = (accepts: boolean) => {
        socket.destroy();
        resolve(accepts);
      };
      socket.on('connect', () => answer(true));
      socket.on('error', () => answer(false));
    });
  }

  /** The port of TLS, where the plain one is closed. */
  private get tlsPort(): number | undefined {
    const at = this.settings.indexOf('--tls-port');
    return at < 0 ? undefined : Number(this.settings[at + 1]);
  }
}
