/**
 * A Redis server for benches and tests.
 */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from '../harness/free-port.js';
import { dataFolder, LocalServer } from '../harness/local-server.js';

const program = process.env.REDIS_SERVER ?? 'redis-server';

/** Whether there is a server. */
export const hasRedis = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** SIGTERM: it saves what it is to save; SIGKILL: as in a crash. */
export class LocalRedis extends LocalServer<'SIGTERM' | 'SIGKILL'> {
  private constructor(
    folder: string,
    port: number,
    private readonly settings: readonly string[],
  ) {
    super(folder, port, 'SIGTERM');
  }

  /**
   * Start a server.
   *
   * @param settings options of its command line, such as `--maxmemory`, `10mb`; a file may be before them.
   * @throws Error when there is no Redis.
   */
  static async start(settings: readonly string[] = []): Promise<LocalRedis> {
    if (!hasRedis) throw new Error('there is no Redis: apt-get install redis-server, or set REDIS_SERVER');
    const started = new LocalRedis(dataFolder('redis'), await freePort(), settings);
    await started.run();
    return started;
  }

  override get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected override get command() {
    const { folder, port, settings } = this;
    // A file of settings comes before all options.
    const files = settings.filter((text, i) => i === 0 && !text.startsWith('--'));
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    return [program, [...files, ...own, ...settings.slice(files.length)]] as const;
  }

  /** Whether it answers anything but that it still reads its data; with TLS, whether it accepts connections. */
  protected override answers(): Promise<boolean> {
    const { tlsPort } = this;
    return new Promise((resolve) => {
      const socket = connect(tlsPort ?? this.port, '127.0.0.1');
      const answer = (answers: boolean) => {
        socket.destroy();
        resolve(answers);
      };
      socket.on('connect', () => {
        if (tlsPort !== undefined) answer(true);
        else socket.write('PING\r\n');
      });
      socket.on('data', (reply) => answer(!reply.toString().startsWith('-LOADING')));
      socket.on('error', () => answer(false));
      socket.on('close', () => answer(false));
    });
  }

  override async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await super.remove();
  }

  /** The port of TLS, where the plain one is closed. */
  private get tlsPort(): number | undefined {
    const at = this.settings.indexOf('--tls-port');
    return at < 0 ? undefined : Number(this.settings[at + 1]);
  }
}
