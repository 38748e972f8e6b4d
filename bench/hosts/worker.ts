/**
 * A worker of the simulation: asks for messages as its ring has room, makes rows of them one after another, writes
 * batches, and acknowledges what is stored.
 */
import type { Random } from '../harness/random.js';
import type { Agenda } from './agenda.js';
import type { Costs, Settings, SinkModel } from './model.js';
import { Station, type Stream, type Taker } from './stations.js';

/** A request that the server has refused is made again after that. */
const refusedMs = 1000;

/** What all workers share. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly costs: Costs;
  readonly settings: Settings;
  readonly sink: SinkModel;
  readonly database: Station;
  /** A message's rows are in the table, and the stream knows it. */
  readonly acknowledged: () => void;
  /** Messages of dead workers that do not come again yet. */
  orphans: number;
}

export class Worker implements Taker {
  isDead = false;
  /** In the ring, or asked for. */
  #held = 0;
  /** The streams that have a request of this worker. */
  readonly #asked = new Set<Stream>();
  #writing = 0;
  /** Messages under way, by their streams. */
  readonly #messages = new Map<Stream, number>();
  readonly #ready: Stream[] = [];
  readonly #source: Station;

  constructor(
    private readonly around: Surroundings,
    private readonly streams: readonly Stream[],
  ) {
    this.#source = new Station(around.agenda, around.random, 1);
    around.agenda.after(0, () => this.#ask());
  }

  /** What it had comes again. */
  die(): void {
    this.isDead = true;
    for (const [stream, count] of this.#messages) for (let i = 0; i < count; i++) this.#orphan(stream);
  }

  /** The server waits for a sign of the worker; the last one was given up to half of that time ago. */
  #orphan(stream: Stream): void {
    const { agenda, random, settings } = this.around;
    this.around.orphans++;
    agenda.after(settings.ackWaitMs * (0.5 + 0.5 * random.next()), () => {
      this.around.orphans--;
      stream.again();
    });
  }

  receive(stream: Stream): void {
    if (this.isDead) {
      this.#orphan(stream);
      return;
    }
    this.#messages.set(stream, (this.#messages.get(stream) ?? 0) + 1);
    this.#source.work(this.around.costs.unpackMs, () => {
      this.#ready.push(stream);
      this.#write();
    });
  }

  pullEnded(stream: Stream): void {
    this.#asked.delete(stream);
  }

  /** Ask each stream for its share of the room. */
  #ask(): void {
    if (this.isDead) return;
    const { agenda, settings } = this.around;
    const others = this.streams.filter((stream) => !this.#asked.has(stream));
    let isRefused = false;
    for (const [i, stream] of others.entries()) {
      const share = Math.ceil((settings.ringMessages - this.#held) / (others.length - i));
      if (share === 0) break;
      this.#asked.add(stream);
      this.#held += share;
      if (stream.pull(this, share)) continue;
      this.#asked.delete(stream);
      this.#held -= share;
      isRefused = true;
    }
    if (isRefused && this.#held === 0) agenda.after(refusedMs, () => this.#ask());
  }

  #write(): void {
    const { agenda, random, costs, settings, sink, database } = this.around;
    while (!this.isDead && this.#writing < settings.flights) {
      const stream = this.#ready.shift();
      if (stream === undefined) return;
      this.#writing++;
      database.work(sink.databaseMs, () =>
        agenda.after(sink.waitMs * (0.9 + 0.2 * random.next()), () =>
          this.#written(stream, costs.roundTripMs),
        ),
      );
    }
  }

  #written(stream: Stream, roundTripMs: number): void {
    // Rows that were stored by a dead worker come again, and are left out.
    if (this.isDead) return;
    this.#writing--;
    this.#held--;
    this.#messages.set(stream, (this.#messages.get(stream) as number) - 1);
    this.around.agenda.after(roundTripMs / 2, () => {
      stream.acknowledged();
      this.around.acknowledged();
      this.#ask();
    });
    this.#write();
  }
}
