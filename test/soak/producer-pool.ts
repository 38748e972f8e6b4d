/**
 * Threads for producers: kept from round to round, as starting one takes long; a killed one is replaced.
 */
import { Worker } from 'node:worker_threads';
import type { ProduceAnswer, ProduceTask } from './producer-thread.js';

/** A producer at work. */
export interface Work {
  readonly source: number;
  readonly worker: Worker;
  /** Resolves when its work ends or it is dead. Undefined: it was killed, or it has ended by itself. */
  readonly ended: Promise<ProduceAnswer | undefined>;
}

export class ProducerPool {
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  /** The dead ones included. */
  readonly #ever = new WeakSet<Worker>();

  start(task: ProduceTask): Work {
    const worker = this.#idle.pop() ?? this.#start();
    const ended = new Promise<ProduceAnswer | undefined>((resolve, reject) => {
      const onExit = () => resolve(undefined);
      worker.once('exit', onExit);
      worker.once('error', reject);
      worker.once('message', (answer: ProduceAnswer) => {
        worker.off('exit', onExit);
        worker.off('error', reject);
        // One that was told to end in this moment ends all the same.
        if (this.#all.has(worker)) this.#idle.push(worker);
        resolve(answer);
      });
    });
    worker.postMessage(task);
    return { source: task.source, worker, ended };
  }

  owns(worker: Worker): boolean {
    return this.#ever.has(worker);
  }

  async kill({ worker }: Work): Promise<void> {
    this.#all.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    await worker.terminate();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
    this.#all.clear();
    this.#idle.length = 0;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./producer-thread.js', import.meta.url));
    this.#all.add(worker);
    this.#ever.add(worker);
    worker.once('exit', () => this.#all.delete(worker));
    return worker;
  }
}
