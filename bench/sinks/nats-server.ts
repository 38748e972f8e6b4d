/**
 * A NATS server with JetStream for benches and tests.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../harness/free-port.js';
import { dataFolder, LocalServer } from '../harness/local-server.js';

const program = process.env.NATS_SERVER ?? 'nats-server';

/** Whether there is a server. */
export const hasNats = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** SIGTERM stops it in good order; SIGKILL: as in a crash. */
export class LocalNats extends LocalServer<'SIGTERM' | 'SIGKILL'> {
  private constructor(
    folder: string,
    port: number,
    private readonly settings: string,
  ) {
    super(folder, port, 'SIGTERM');
  }

  /**
   * Start a server.
   *
   * @param settings more of its configuration, such as `max_payload: 4096`.
   * @throws Error when there is no NATS.
   */
  static async start(settings = ''): Promise<LocalNats> {
    if (!hasNats) throw new Error('there is no NATS: apt-get install nats-server, or set NATS_SERVER');
    const started = new LocalNats(dataFolder('nats'), await freePort(), settings);
    await started.run();
    return started;
  }

  override get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  protected override get command() {
    const { folder, port, settings } = this;
    const file = join(folder, 'nats.conf');
    writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}" }\n${settings}\n`);
    return [program, ['-c', file]] as const;
  }

  /** Whether it greets. */
  protected override answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      const answer = (answers: boolean) => {
        socket.destroy();
        resolve(answers);
      };
      socket.on('data', (greeting) => answer(greeting.toString().startsWith('INFO ')));
      socket.on('error', () => answer(false));
      socket.on('close', () => answer(false));
    });
  }

  override async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await super.remove();
  }
}
