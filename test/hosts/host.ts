/** An edge or a worker: a process of the command line that is killed, and started again. */
import { setTimeout as pause } from 'node:timers/promises';
import { Command } from '../fixtures/command.js';

export class Host {
  #command: Command | undefined;
  #url: string | undefined;
  /** How often it ended by itself while it started, such as without a leader to ask. */
  failedStarts = 0;

  /** @param args of the command line. */
  constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly args: readonly string[],
  ) {}

  /** Where it listens; undefined while it does not run. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Start it, again where it ends by itself: as whatever supervises processes does. Resolves when it works. */
  async start(): Promise<void> {
    for (;;) {
      const command = new Command(this.args, this.folder);
      this.#command = command;
      try {
        [, this.#url] = await command.says(/Watch it live: (http:\S+?)\/?\n/);
        return;
      } catch (error) {
        if (++this.failedStarts > 20) throw error;
        await pause(200);
      }
    }
  }

  /** End it as a crash does. */
  async kill(): Promise<void> {
    this.#url = undefined;
    this.#running.kill('SIGKILL');
    await this.#running.exit;
  }

  get #running(): Command {
    if (this.#command === undefined) throw new Error(`${this.name} was not started`);
    return this.#command;
  }
}
