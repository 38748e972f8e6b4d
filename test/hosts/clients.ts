/**
 * Clients of the edges, and what they were told: each body has an idempotency key, and goes to one edge after another
 * until an answer says that all of its events are committed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../dist/bench/harness/random.js';
import type { Host } from './host.js';

/** An answer that takes longer is none: its edge may have died. */
const answerMs = 40_000;

export class Clients {
  /** Events have the ids from 0 on. */
  next = 0;
  /** The ids of events that a client was told are committed. */
  readonly acknowledged = new Set<number>();
  /** Requests whose body had to be sent again. */
  repeated = 0;
  /** The longest time without an acknowledgement. */
  longestGapMs = 0;
  #last = performance.now();
  #isOver = false;

  constructor(
    private readonly edges: readonly Host[],
    private readonly random: Random,
  ) {}

  /** Send bodies until `stop()`. Resolves when all that was sent is acknowledged. */
  async run(clients: number): Promise<void> {
    this.#last = performance.now();
    await Promise.all(Array.from({ length: clients }, () => this.#work()));
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Send one body until it is acknowledged. */
  async send(count: number): Promise<void> {
    const first = this.next;
    this.next += count;
    const ids = Array.from({ length: count }, (_, i) => first + i);
    const body = ids
      .map((id) => `${JSON.stringify({ id, key: `k${id % 8}`, text: `event ${id}` })}\n`)
      .join('');
    const headers = {
      'content-type': 'application/x-ndjson',
      'idempotency-key': `body-of-events-${first}`,
    };
    while (!(await this.#isTaken(body, headers, count))) {
      this.repeated++;
      await pause(20 + 100 * this.random.next());
    }
    for (const id of ids) this.acknowledged.add(id);
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#last);
    this.#last = now;
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      await this.send(this.random.between(1, 200));
      await pause(30 * this.random.next());
    }
  }

  async #isTaken(body: string, headers: Record<string, string>, count: number): Promise<boolean> {
    const edge = this.random.pick(this.edges);
    if (edge.url === undefined) return false;
    let response: Response;
    let answer: { committed?: number };
    try {
      const signal = AbortSignal.timeout(answerMs);
      response = await fetch(`${edge.url}/v1/events?ack=committed`, {
        method: 'POST',
        headers,
        body,
        signal,
      });
      answer = (await response.json()) as typeof answer;
    } catch {
      return false;
    }
    if (![200, 429, 503, 504].includes(response.status)) {
      throw new Error(`${edge.name} answers ${response.status} ${JSON.stringify(answer)}`);
    }
    return response.status === 200 && answer.committed === count;
  }
}
