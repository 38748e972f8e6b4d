/**
 * The stations of a message: the stream's leader, which does one thing at a time, and the database.
 */
import type { Random } from '../harness/random.js';
import type { Agenda } from './agenda.js';
import type { Settings } from './model.js';

/** Times scatter by this share, either way. */
const noise = 0.3;

/** Does some things at a time, each in turn. */
export class Station {
  /** When each of its lanes is free. */
  readonly #free: number[];

  constructor(
    private readonly agenda: Agenda,
    private readonly random: Random,
    lanes: number,
  ) {
    this.#free = Array.from({ length: lanes }, () => 0);
  }

  /** @param done happens when the work has been done. */
  work(ms: number, done: () => void): void {
    const free = this.#free;
    let lane = 0;
    for (let i = 1; i < free.length; i++) if ((free[i] as number) < (free[lane] as number)) lane = i;
    const begins = Math.max(free[lane] as number, this.agenda.now);
    const ends = begins + ms * (1 + noise * (2 * this.random.next() - 1));
    free[lane] = ends;
    this.agenda.at(ends, done);
  }

  /** Nothing is done until then. */
  stand(until: number): void {
    for (const [lane, free] of this.#free.entries()) this.#free[lane] = Math.max(free, until);
  }
}

/** What takes a stream's messages. */
export interface Taker {
  readonly isDead: boolean;
  receive(stream: Stream): void;
  /** A request has got all that it asked for. */
  pullEnded(stream: Stream): void;
}

/** A worker's request for some messages. */
interface Pull {
  readonly worker: Taker;
  left: number;
}

/** A stream and its consumer, both on one leader. */
export class Stream {
  /** Stored, and given to no worker. */
  #waiting = 0;
  /** Given to a worker, and not acknowledged. */
  #underWay = 0;
  readonly #pulls: Pull[] = [];
  /** Happens when a message has left the stream. */
  onLess = () => {};

  constructor(
    readonly leader: Station,
    private readonly deliverMs: number,
    private readonly settings: Settings,
  ) {}

  /** A message has been stored, or comes again. */
  add(): void {
    this.#waiting++;
    this.#give();
  }

  /** A worker asks for messages. @returns false: too many ask. */
  pull(worker: Taker, count: number): boolean {
    if (this.#pulls.length >= this.settings.maxWaiting) return false;
    this.#pulls.push({ worker, left: count });
    this.#give();
    return true;
  }

  /** Messages in it. */
  get depth(): number {
    return this.#waiting + this.#underWay;
  }

  acknowledged(): void {
    this.#underWay--;
    this.onLess();
    this.#give();
  }

  /** A message of a dead worker is due again. */
  again(): void {
    this.#underWay--;
    this.add();
  }

  /** Requests have their turns, a message each. */
  #give(): void {
    while (this.#waiting > 0 && this.#underWay < this.settings.maxAckPending) {
      const pull = this.#pulls.shift();
      if (pull === undefined) return;
      const { worker } = pull;
      if (worker.isDead) continue;
      pull.left--;
      if (pull.left > 0) this.#pulls.push(pull);
      else worker.pullEnded(this);
      this.#waiting--;
      this.#underWay++;
      this.leader.work(this.deliverMs, () => worker.receive(this));
    }
  }
}
