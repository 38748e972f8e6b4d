/**
 * The thread of one flusher, or of a source: a piscina pool of one, which starts another thread when it dies.
 *
 * Piscina starts none when a thread dies before it is ready: a task that waited for it would wait for ever. Such a
 * pool is given up; its task fails like one whose thread died, and the next gets a new pool.
 */
import { fileURLToPath } from 'node:url';
import type { Transferable } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { messageOf, visible } from '../../describe.js';
import { ConfigError } from '../../errors.js';
import { ownFile } from '../../own-files.js';
import { RingTaskQueue } from '../../task-queue.js';
import type { FlowOptions } from '../config/resolve.js';

/** The settings of such a thread. */
export type ThreadOptions = Pick<FlowOptions, 'resourceLimits' | 'execArgv' | 'env'>;

/** What runs on such a thread. */
export type Work = 'flusher' | 'source';

/** The names of the warnings for what is thrown after a task has ended. */
const warnings: Record<Work, string> = { flusher: 'FlusherWarning', source: 'SourceWarning' };

export class TaskThread<Task, Result> {
  #pool: Piscina | undefined;
  #destroyed = false;

  /** @throws ConfigError for `execArgv`, or `NODE_OPTIONS` in `env`, that Node does not take for a thread. */
  constructor(
    private readonly work: Work,
    private readonly options: ThreadOptions,
  ) {
    this.#pool = this.#create();
  }

  /** Run the task to its end. @throws whatever the thread died of. */
  async run(task: Task, transferList: Transferable[]): Promise<Result> {
    if (this.#destroyed) throw new Error('the flow has ended');
    this.#pool ??= this.#create();
    return await this.#pool.run(task, { transferList });
  }

  /** End the thread, whatever it does. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    await this.#pool?.destroy();
  }

  #create(): Piscina {
    const { resourceLimits, execArgv, env } = this.options;
    const pool = poolOf({
      filename: fileURLToPath(ownFile(`../workers/${this.work}-entry.cjs`)),
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      taskQueue: new RingTaskQueue(1),
      // Piscina's own waiting would block the worker's event loop.
      atomics: 'disabled',
      ...(resourceLimits && { resourceLimits }),
      ...(execArgv && { execArgv: [...execArgv] }),
      ...(env && { env: definedOf(env) }),
      recordTiming: false,
    });
    // What a sink throws after its flusher has ended is nobody's flush; it must not end the process.
    pool.on('error', (error: unknown) => process.emitWarning(visible(messageOf(error)), warnings[this.work]));
    pool.on('workerDestroy', () => queueMicrotask(() => this.#look(pool)));
    return pool;
  }

  /** A thread is gone: does a task wait for one that will not come? */
  #look(pool: Piscina): void {
    if (pool !== this.#pool || this.#destroyed || pool.threads.length > 0 || pool.queueSize === 0) return;
    this.#pool = undefined;
    void pool.destroy();
  }
}

/** Make a pool, whose thread starts at once. @throws ConfigError for options that Node does not take for a thread. */
function poolOf(options: ConstructorParameters<typeof Piscina>[0]): Piscina {
  try {
    return new Piscina(options);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
    const text = messageOf(error);
    const key = text.includes('NODE_OPTIONS') ? 'env' : 'execArgv';
    throw new ConfigError(key, options?.[key], `options that Node.js takes for a thread (${text})`);
  }
}

/** `new Worker` would make a text of an undefined value. */
function definedOf(env: NonNullable<ThreadOptions['env']>): Record<string, string> {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}
