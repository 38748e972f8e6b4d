/**
 * Gathers events in an array and sends it when it is full or a timer ends, with a bound on arrays in flight. Programs
 * write this around a worker or a pool; all ways that take arrays share it.
 */
import type { RequestEvent } from '../harness/events.js';
import type { Inlet, WayOptions } from './way.js';

export class Batcher implements Inlet {
  #gathered: RequestEvent[] = [];
  #onTheWay = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer ended while there was no room. */
  #overdue = false;
  #waiting: (() => void)[] = [];

  /**
   * @param batch the events of a full array.
   * @param intervalMs the delay after which an array goes out that is not full.
   * @param inFlight the most arrays that are sent and not done.
   * @param send takes over an array; the way calls `done()` when the array has been handled.
   */
  constructor(
    private readonly batch: number,
    private readonly intervalMs: number,
    private readonly inFlight: number,
    private readonly send: (events: RequestEvent[]) => void,
  ) {}

  push(event: RequestEvent): boolean {
    if (this.#gathered.length === this.batch && !this.#sendGathered()) return false;
    this.#gathered.push(event);
    if (this.#gathered.length === this.batch) this.#sendGathered();
    else if (!this.#overdue) this.#timer ??= setTimeout(this.#timeIsUp, this.intervalMs);
    return true;
  }

  async room(): Promise<void> {
    while (this.#gathered.length === this.batch && this.#onTheWay === this.inFlight) await this.#change();
  }

  async settle(): Promise<void> {
    while (this.#gathered.length > 0 || this.#onTheWay > 0) {
      if (this.#gathered.length > 0 && this.#sendGathered()) continue;
      await this.#change();
    }
  }

  /** Note that one array was handled. */
  done(): void {
    this.#onTheWay--;
    if (this.#gathered.length === this.batch || this.#overdue) this.#sendGathered();
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Send the gathered events; false when there is no room, and they wait for `done`. */
  #sendGathered(): boolean {
    if (this.#onTheWay === this.inFlight) return false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#overdue = false;
    const events = this.#gathered;
    this.#gathered = [];
    this.#onTheWay++;
    this.send(events);
    return true;
  }

  readonly #timeIsUp = (): void => {
    this.#timer = undefined;
    this.#overdue = this.#gathered.length > 0 && !this.#sendGathered();
  };

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** The batcher of one producer, with its share of the arrays in flight. An array is done when `handle` resolves. */
export function handledBy(
  { batch, intervalMs, inFlight, producers }: WayOptions,
  handle: (events: RequestEvent[]) => Promise<unknown>,
): Batcher {
  const batcher: Batcher = new Batcher(batch, intervalMs, inFlight / producers, (events) => {
    void handle(events).then(() => batcher.done());
  });
  return batcher;
}
