/**
 * Takes the events of one request into the flow, line by line: counts what was accepted, lists what was not.
 *
 * A line is a line of NDJSON, or the place in a JSON array, from 1. The first lines that are no events are listed with
 * their reasons. All others are only counted: for them hardly any error is made, and none with a stack. An error with a
 * stack costs several times as much as a good line (Node 20).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, visible } from '../describe.js';
import { EventError, WaitTimeoutError } from '../errors.js';
import type { Producer } from '../flow/api/producer.js';
import type { FromJson } from '../schema/write/from-json.js';
import type { CommitWait } from './commit-wait.js';
import type { EventShape } from './event-shape.js';
import { isJson } from './json-grammar.js';
import type { KeyedLines } from './keyed-lines.js';
import { RequestFault } from './request-fault.js';

/** A line that was not taken, and why: `code` is stable, `message` is for people. */
export interface Rejection {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export interface IntakeOptions {
  readonly producer: Pick<Producer, 'push' | 'writable' | 'position'>;
  readonly fromJson: FromJson;
  readonly shape: Pick<EventShape, 'isEvent' | 'mayFit'>;
  /** How long one event may wait for room in the ring. */
  readonly fullWaitMs: number;
  /** Rejections that are listed; further ones are only counted. */
  readonly maxRejected: number;
}

/** Keys come from the client and may be long. */
const maxMessageLength = 300;

export class Intake {
  /** Events that are in the flow now. */
  accepted = 0;
  readonly rejected: Rejection[] = [];
  /** Rejected lines beyond those listed. */
  moreRejected = 0;
  /** Where to go on after an early end: every line before it was accepted or rejected. */
  nextLine = 1;
  #keyed: KeyedLines | undefined;

  /**
   * @param ended signal that the request ends early, with the fault as its reason.
   * @param commit receives the line of each row, when the client asks for the commit.
   */
  constructor(
    private readonly options: IntakeOptions,
    private readonly ended: AbortSignal,
    private readonly commit?: Pick<CommitWait, 'add' | 'isFull' | 'settle'>,
  ) {}

  /** Give each event the identity that a key gives it, and lines its numbers. Before the first line. */
  useKey(keyed: KeyedLines | undefined): void {
    this.#keyed = keyed;
    this.nextLine = this.firstLine;
  }

  /** The number of the body's first line. */
  get firstLine(): number {
    return this.#keyed?.firstLine ?? 1;
  }

  /** Whether the client has sent a key: then the place of each event in its text is needed. */
  get isKeyed(): boolean {
    return this.#keyed !== undefined;
  }

  /**
   * Take what `JSON.parse` made of a line.
   *
   * @param text the text that holds the value.
   * @param start where the value begins in it.
   * @returns a promise only if there is something to wait for before the next line.
   * @throws RequestFault (by the promise) 429 when there is no room in time, or the reason that ended the request.
   */
  take(line: number, value: unknown, text: string, start: number): Promise<void> | undefined {
    if (this.#isListFull) return this.#takeOrCount(line, value, text, start);
    try {
      const event = this.#eventOf(line, value, text, start);
      if (!this.#push(line, event)) return this.#takeWhenWritable(line, event);
    } catch (error) {
      this.#refuse(line, error);
    }
    return this.#settle();
  }

  /** The same when a line that is no event is only counted. */
  #takeOrCount(line: number, value: unknown, text: string, start: number): Promise<void> | undefined {
    const { shape } = this.options;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      if (!shape.isEvent(value)) return this.#count(line);
      const event = this.#eventOf(line, value, text, start);
      if (!shape.mayFit(event)) return this.#count(line);
      if (!this.#push(line, event)) return this.#takeWhenWritable(line, event);
    } catch (error) {
      this.#refuse(line, error);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    return this.#settle();
  }

  #eventOf(line: number, value: unknown, text: string, start: number): unknown {
    const event = this.options.fromJson(value, text, start);
    return this.#keyed === undefined ? event : this.#keyed.identify(line, event, text, start);
  }

  /** The same for a line of text, which is from `start` to `end`. */
  takeText(line: number, text: string, start: number, end: number): Promise<void> | undefined {
    if (this.#isListFull && !isJson(text, start, end)) return this.#count(line);
    let value: unknown;
    try {
      value = JSON.parse(text.slice(start, end));
    } catch (error) {
      this.reject(line, 'invalid_json', messageOf(error));
      return undefined;
    }
    return this.take(line, value, text, start);
  }

  reject(line: number, code: string, message: string): void {
    if (this.#isListFull) this.#count(line);
    else {
      this.nextLine = line + 1;
      this.rejected.push({ line, code, message: shorten(visible(message)) });
    }
  }

  get #isListFull(): boolean {
    return this.rejected.length >= this.options.maxRejected;
  }

  #count(line: number): undefined {
    this.nextLine = line + 1;
    this.moreRejected++;
  }

  async #takeWhenWritable(line: number, event: unknown): Promise<void> {
    const { producer, fullWaitMs } = this.options;
    const signal = this.ended;
    const end = performance.now() + fullWaitMs;
    for (let left = fullWaitMs; left > 0; left = end - performance.now()) {
      try {
        await producer.writable({ timeoutMs: Math.ceil(left), signal });
      } catch (error) {
        if (!(error instanceof WaitTimeoutError)) throw error;
        break;
      }
      // The request may have ended in the moment in which room came.
      signal.throwIfAborted();
      if (this.#push(line, event)) return this.#settle();
      // Others wait for the same room, and were faster: their turn, and everyone else's, before the next try.
      await nextTurn();
    }
    const message = `the ring is full; try again later, from line ${line} on`;
    throw new RequestFault(429, 'ring_full', message, { 'retry-after': '1' });
  }

  #push(line: number, event: unknown): boolean {
    const { producer } = this.options;
    if (this.commit === undefined) {
      if (!producer.push(event as never)) return false;
    } else {
      const row = producer.position().sequence;
      if (!producer.push(event as never)) return false;
      // A policy that drops accepts the event, and does not put it into the ring.
      if (producer.position().sequence > row) this.commit.add(line, row);
    }
    this.#keyed?.accepted(line);
    this.accepted++;
    this.nextLine = line + 1;
    return true;
  }

  #settle(): Promise<void> | undefined {
    return this.commit?.isFull ? this.commit.settle() : undefined;
  }

  /** An event that does not fit is this line's matter only; any other error is everyone's. */
  #refuse(line: number, error: unknown): void {
    if (!(error instanceof EventError)) throw error;
    const option = error.fault === 'too_large' ? ' (--block-text-bytes)' : '';
    this.reject(line, error.fault, error.message + option);
  }
}

function shorten(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`;
}
