/**
 * Kills flushers' threads at random moments: from outside, or by an order that a sink obeys.
 *
 * A flow whose flushers die again and again without a row committed fails, and rightly. So most deaths come to a
 * thread that has stored something; only a few come before that, or to one that has not opened its sink yet.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { Random } from '../../bench/harness/random.js';
import type { Ledger } from './ledger.js';
import { type Kill, kills, type Plan } from './plan.js';
import { writesBefore } from './recording-sink.js';

/** How long an order may wait for a sink that obeys it. */
const orderMs = 60;
/** Deaths of one flusher without progress between them, and of threads in whose place nobody knows who was. */
const mostBare = 2;
const mostUnborn = 2;

export class FlusherKiller {
  /** Every thread of this round's flow, as Node told of them. */
  readonly #workers = new Set<Worker>();
  readonly #bare = new Map<number, number>();
  #unborn = 0;
  #over = false;
  /** Threads that were ended from outside. */
  terminated = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly plan: Plan,
    private readonly random: Random,
    /** Node tells of every thread; these are none of the flow's. */
    private readonly isOther: (worker: Worker) => boolean,
  ) {
    process.on('worker', this.#onWorker);
  }

  /** Kill as often as planned. */
  async run(): Promise<void> {
    for (let n = 0; n < this.plan.flusherKills && !this.#over; n++) {
      await pause(this.random.between(0, this.plan.killPauseMs));
      if (this.#over) return;
      if (this.random.chance(0.4)) this.#terminate();
      else await this.#order();
    }
  }

  end(): void {
    this.#over = true;
    this.ledger.order(0);
    process.off('worker', this.#onWorker);
  }

  readonly #onWorker = (worker: Worker): void => {
    if (this.isOther(worker)) return;
    this.#workers.add(worker);
    worker.once('exit', () => this.#workers.delete(worker));
  };

  #terminate(): void {
    const living = [...this.#workers].filter(({ threadId }) => threadId > 0);
    if (living.length === 0) return;
    const worker = this.random.pick(living);
    if (!this.#mayDie(worker)) return;
    this.#workers.delete(worker);
    this.terminated++;
    void worker.terminate();
  }

  #mayDie({ threadId }: Worker): boolean {
    let found = 0;
    for (let life = this.ledger.livesSoFar; life > 0 && found === 0; life--) {
      if (this.ledger.life(life).thread === threadId) found = life;
    }
    if (found === 0) return this.#unborn++ < mostUnborn;
    const { flusher, stored } = this.ledger.life(found);
    const bare = stored >= writesBefore(this.plan.concurrent) ? 0 : (this.#bare.get(flusher) ?? 0) + 1;
    if (bare > mostBare) return false;
    this.#bare.set(flusher, bare);
    return true;
  }

  async #order(): Promise<void> {
    const moment = this.random.between(0, 3);
    const choices: Kill[] = this.plan.memoryKills ? ['memory'] : ['exit', 'exception', 'rejection'];
    const order = 4 * kills.indexOf(this.random.pick(choices)) + moment;
    this.ledger.order(order);
    const end = performance.now() + orderMs;
    while (!this.#over && this.ledger.ordered === order && performance.now() < end) await pause(2);
    this.ledger.order(0);
  }
}
