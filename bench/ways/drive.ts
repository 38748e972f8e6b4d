/**
 * Pushing into a way, either as fast as it accepts events or at a fixed rate. Both give the truth: the totals that the
 * handler must have counted.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { checksumOf, epochMs, exactMs, poolSize, type RequestEvent, requests } from '../harness/events.js';
import { clockMs, type Totals } from '../harness/tally.js';
import type { Inlet } from './way.js';

/** Events that are pushed in one turn of the event loop, as in a busy server. */
const turnEvents = 1000;

/** The pool of ready-made events, the same on every thread. */
export const pool: readonly RequestEvent[] = requests(poolSize);
const sums = pool.map(checksumOf);

/** The totals of `count` events from event `from` of the pool on. */
export function truth(from: number, count: number): Totals {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += sums[i % poolSize] as number;
  return { rows: count, sum };
}

export interface Limit {
  /** Milliseconds after which pushing stops. */
  readonly ms: number;
  /** Number of events at which pushing stops, if that is sooner. */
  readonly events: number;
  /** Divisor of the number of events, so that no way waits for the timer of a last, partial batch. */
  readonly multipleOf: number;
}

/**
 * Push as fast as events are accepted.
 *
 * @param from the number of the first event in the pool.
 * @returns the number of events pushed.
 */
export async function pushAll(inlet: Inlet, from: number, limit: Limit): Promise<number> {
  const end = performance.now() + limit.ms;
  let pushed = 0;
  const over = () => pushed >= limit.events || performance.now() >= end;
  while (!over()) pushed += await pushSome(inlet, from + pushed, turnEvents);
  const rest = (limit.multipleOf - (pushed % limit.multipleOf)) % limit.multipleOf;
  return pushed + (await pushSome(inlet, from + pushed, rest));
}

async function pushSome(inlet: Inlet, from: number, count: number): Promise<number> {
  for (let i = 0; i < count; i++) {
    const event = pool[(from + i) & (poolSize - 1)] as RequestEvent;
    while (!inlet.push(event)) await inlet.room();
  }
  await turn();
  return count;
}

/** Events at a fixed rate, each with its due time, from which its delay counts. */
export class Schedule {
  constructor(
    private readonly perSecond: number,
    readonly count: number,
  ) {}

  /** Due time of event `i`, in milliseconds from the first. */
  dueMs(i: number): number {
    return exactMs((i * 1000) / this.perSecond);
  }

  event(i: number): RequestEvent {
    const { method, path, status, durationMs, message } = pool[i % poolSize] as RequestEvent;
    return { at: epochMs + this.dueMs(i), method, path, status, durationMs, message };
  }

  truth(): Totals {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += checksumOf(this.event(i));
    return { rows: this.count, sum };
  }

  /**
   * Push every event when it is due, or as soon after as this thread's timers and the way allow. A late push does not
   * change an event's due time.
   *
   * @param originMs the due time of the first event, on `clockMs`.
   */
  async push(inlet: Inlet, originMs: number): Promise<void> {
    for (let i = 0; i < this.count; ) {
      const elapsed = clockMs() - originMs;
      for (; i < this.count && this.dueMs(i) <= elapsed; i++) {
        const event = this.event(i);
        while (!inlet.push(event)) await inlet.room();
      }
      await sleep(1);
    }
  }
}
