/**
 * What a way of getting events to a handler is, whoever built it: start it, push events as fast as it takes them,
 * wait until all are handled, end it.
 */
import type { Transferable } from 'node:worker_threads';
import type { RequestEvent } from '../harness/events.js';
import type { TallyMemory, Totals } from '../harness/tally.js';

/** Settings that mean the same for every way. */
export interface WayOptions {
  /** Events of a batch. */
  readonly batch: number;
  /** When a batch that is not full goes out. */
  readonly intervalMs: number;
  /** Batches on their way at one time, at most, of all producers together. */
  readonly inFlight: number;
  /** Threads that push: the main thread, and with 2 a worker, too. */
  readonly producers: 1 | 2;
  /** What the handler counts in. */
  readonly memory: TallyMemory;
  /** A folder for files, for ways that store events. */
  readonly folder: string;
}

/** The end where events go in, on one thread. */
export interface Inlet {
  /** Take one event; false when the bound is reached, and the event is still the caller's. */
  push(event: RequestEvent): boolean;
  /** Resolves when a push would be taken. Nothing spins meanwhile. */
  room(): Promise<void>;
  /** Resolves when all that was pushed here has been handled. */
  settle(): Promise<void>;
}

export interface Running extends Inlet {
  /** For a second producer on a worker thread: what to post to it, for `Way.attach`. */
  second?(): { readonly value: unknown; readonly transfer: Transferable[] };
  /** Stop all threads. @returns what arrived, when the tally does not tell. */
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing is fine
  end(): Promise<Totals | void>;
}

export interface Way {
  /** Its name on the command line and in reports. */
  readonly name: string;
  /** What it is, for readers of a report. */
  readonly label: string;
  /** One of this project's. */
  readonly own?: boolean;
  /** Where the handler runs; `nowhere`: events are counted and dropped, to see what the harness costs. */
  readonly handledOn: 'a worker thread' | 'the main thread' | 'nowhere';
  /** Why a second thread cannot push; absent where `attach` is there. */
  readonly oneProducer?: string;
  start(options: WayOptions): Promise<Running>;
  /** On a second producer's thread: `value` is what `second()` gave. */
  attach?(value: unknown, options: WayOptions): Inlet;
}
