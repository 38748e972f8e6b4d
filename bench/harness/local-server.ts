/**
 * A server of a bench's or a test's own: a process on a port of loopback, with its data in a folder. It runs as the
 * user that owns the folder, since databases refuse to run as root.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** A server that does not answer by then has failed. */
const startMs = 60_000;

/** A new folder for a server's data. */
export function dataFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `batchflow-${name}-`));
}

/** The same for a server that does not run as root: where root makes it, it is nobody's. */
export function unprivilegedFolder(name: string): string {
  const folder = dataFolder(name);
  if (isRoot) chownSync(folder, nobody, nobody);
  return folder;
}

/** How a program runs in a folder: as the folder's owner. */
function runningIn(folder: string) {
  const { uid, gid } = statSync(folder);
  return { ...(isRoot && { uid, gid }), cwd: folder, stdio: 'ignore' } as const;
}

/** Run a program of the server to its end, in the folder. */
export function runProgram(program: string, options: readonly string[], folder: string): void {
  execFileSync(program, options, runningIn(folder));
}

export abstract class LocalServer<Signal extends NodeJS.Signals> {
  #process: ChildProcess | undefined;

  /** @param signal stops the server in good order. */
  protected constructor(
    readonly folder: string,
    readonly port: number,
    private readonly signal: Signal,
  ) {}

  /** What clients connect to. */
  abstract get url(): string;

  /** The server's program and its options. */
  protected abstract get command(): readonly [program: string, options: readonly string[]];

  protected abstract answers(): Promise<boolean>;

  /** Start the server, which was stopped. Resolves when it answers. */
  async run(): Promise<void> {
    const [program, options] = this.command;
    const child = spawn(program, options, runningIn(this.folder));
    this.#process = child;
    const end = performance.now() + startMs;
    while (!(await this.answers())) {
      if (child.exitCode !== null) throw new Error(`${program} has ended with ${child.exitCode}`);
      if (performance.now() > end) throw new Error(`${program} does not answer`);
      await setTimeout(10);
    }
  }

  async stop(signal: Signal = this.signal): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Stop the server, and remove its data. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
