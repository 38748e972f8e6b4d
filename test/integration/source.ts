/** What the scenarios push, and an independent count of what `push` took and refused. */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { defineSchema, type Flow, t } from '../../dist/src/index.js';

export const Event = defineSchema('events', {
  id: t.uint32(),
  at: t.timestamp(),
  path: t.label(),
  text: t.string(),
});

export class Source {
  accepted = 0;
  rejected = 0;
  #pushed = 0;

  /**
   * @param repeat every so many-th event has the id of the one before it; 0 for none.
   * @param enough whether it has been scraped often enough: on a busy machine that takes longer.
   */
  constructor(
    readonly flow: Flow<typeof Event>,
    private readonly repeat = 0,
    private readonly enough = () => true,
  ) {}

  /** Push so many events, or until one is refused. @returns whether all were taken. */
  push(count: number): boolean {
    for (let i = 0; i < count; i++) {
      const again = this.repeat > 0 && this.#pushed % this.repeat === 1 ? 1 : 0;
      const id = this.#pushed - again;
      if (!this.flow.push({ id, at: Date.now(), path: `/${id % 5}`, text: `event ${id}` })) {
        this.rejected++;
        return false;
      }
      this.accepted++;
      this.#pushed++;
    }
    return true;
  }

  /** Push in small portions; a short delay of a busy machine is made up for. @param forMs how long at least. */
  async steadily(eventsPerSecond: number, forMs: number): Promise<void> {
    const began = performance.now();
    let pushed = 0;
    await this.every(20, forMs, () => {
      const due = Math.floor((eventsPerSecond * (performance.now() - began)) / 1000);
      // Not a long one: it would come as a burst.
      this.push(Math.min(due - pushed, eventsPerSecond / 4));
      pushed = due;
    });
  }

  /** Take a turn, and again after so many milliseconds. */
  async every(ms: number, forMs: number, turn: () => void | Promise<void>): Promise<void> {
    for (const end = performance.now() + forMs; performance.now() < end || !this.enough(); ) {
      await turn();
      await setTimeout(ms);
    }
  }

  /** Let a thread push as fast as the ring takes. */
  async onThread(forMs: number): Promise<void> {
    const workerData = { handle: this.flow.handle(), ms: forMs };
    const worker = new Worker(new URL('./producer-thread.mjs', import.meta.url), { workerData });
    const { accepted, rejected } = await new Promise<{ accepted: number; rejected: number }>(
      (resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', (code) => reject(new Error(`the producer ended with ${code}, without a word`)));
      },
    );
    this.accepted += accepted;
    this.rejected += rejected;
  }
}
