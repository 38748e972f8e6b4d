/**
 * A way of getting events to a handler, by this project or by another library: start it, push events as fast as it
 * accepts them, wait until all are handled, end it.
 */
import type { Transferable } from 'node:worker_threads';
import type { RequestEvent } from '../harness/events.js';
import type { TallyMemory, Totals } from '../harness/tally.js';

/** Settings that have the same meaning for every way. */
export interface WayOptions {
  /** Number of events of a full batch. */
  readonly batch: number;
  /** Delay after which a batch goes out that is not full. */
  readonly intervalMs: number;
  /** Most batches in flight at one time, of all producers together. */
  readonly inFlight: number;
  /** Number of threads that push: the main thread, and with 2 a worker, too. */
  readonly producers: 1 | 2;
  /** Memory of the handler's tally. */
  readonly memory: TallyMemory;
  /** Folder for the files of ways that store events. */
  readonly folder: string;
}

/** The end of a way where one thread puts events in. */
export interface Inlet {
  /** Take one event; false when the bound is reached, and the caller has to push it again. */
  push(event: RequestEvent): boolean;
  /** Resolves when a push would be accepted. Implementations must not spin. */
  room(): Promise<void>;
  /** Resolves when all events pushed here have been handled. */
  settle(): Promise<void>;
}

export interface Running extends Inlet {
  /** The value, and what it transfers, to post to the thread of a second producer for `Way.attach`. */
  second?(): { readonly value: unknown; readonly transfer: Transferable[] };
  /**
   * Stop all threads.
   *
   * @returns the totals of what arrived, when the tally does not have them.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing is fine
  end(): Promise<Totals | void>;
}

export interface Way {
  /** Name on the command line and in reports. */
  readonly name: string;
  /** Name for readers of a report. */
  readonly label: string;
  /** Whether the way is this project's. */
  readonly own?: boolean;
  /** Thread of the handler; `nowhere` when events are counted and dropped, which gives the harness's own cost. */
  readonly handledOn: 'a worker thread' | 'the main thread' | 'nowhere';
  /** Reason why a second thread cannot push; absent when there is `attach`. */
  readonly oneProducer?: string;
  start(options: WayOptions): Promise<Running>;
  /** Makes the inlet on a second producer's thread from the `value` of `second()`. */
  attach?(value: unknown, options: WayOptions): Inlet;
}
