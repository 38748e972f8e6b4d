/**
 * Publishing a batch's messages, some at a time, and what the server's answers say of each row.
 */
import { SinkError } from '../../errors.js';
import type { WriteResult } from '../../sink.js';
import { untilAborted } from '../connections/until-aborted.js';
import { classifyNatsError } from './classify.js';
import type { Message } from './session.js';

/** The way to the server. */
export interface Publisher {
  /** Whether more messages may be sent. */
  isUsable(): boolean;
  publish(message: Message): Promise<{ readonly duplicate: boolean }>;
}

/** Messages that are sent one after another: of one partition, or, without an order, all that one worker takes. */
export type Lane = Iterator<Message>;

/** What is known of each row of a batch. */
export class Verdicts {
  readonly #errors = new Map<number, unknown>();
  readonly #stored: Uint8Array;
  #storedRows = 0;
  #skipped = 0;
  #lastError: unknown;

  constructor(private readonly length: number) {
    this.#stored = new Uint8Array(length);
  }

  stored({ rows }: Message, isDuplicate: boolean): void {
    for (const row of rows) this.#stored[row] = 1;
    this.#storedRows += rows.length;
    if (isDuplicate) this.#skipped += rows.length;
  }

  /** The message may be stored or not. */
  failed({ rows }: Message, error: unknown): void {
    this.#lastError = error;
    for (const row of rows) this.#errors.set(row, error);
  }

  /** The row can be in no message. */
  refused(row: number, error: Error): void {
    this.#errors.set(row, error);
  }

  /** @throws the error that all rows have met, where another attempt may help all of them. */
  result(): WriteResult | undefined {
    if (this.#storedRows === this.length) {
      return this.#skipped === 0 ? undefined : { failed: [], skipped: this.#skipped };
    }
    // Rows that were not sent any more share the fate of those before them.
    const others = this.#lastError ?? new SinkError('the rows were not sent');
    const failed: { index: number; error: unknown }[] = [];
    for (let index = 0; index < this.length; index++) {
      if (this.#stored[index] === 0) failed.push({ index, error: this.#errors.get(index) ?? others });
    }
    if (failed.length === this.length) throwCommon(failed);
    return { failed, skipped: this.#skipped };
  }
}

function throwCommon(failed: readonly { readonly error: unknown }[]): void {
  const first = failed[0]?.error;
  if (classifyNatsError(first).verdict !== 'retry') return;
  const { message } = first as Error;
  if (failed.every(({ error }) => (error as Error).message === message)) throw first;
}

/**
 * Publish the messages of all lanes, those of one lane in their order and one at a time. After a failure the rest of
 * its lane is not sent; after the end of the connection nothing is.
 *
 * @param atATime how many lanes are under way.
 * @throws the signal's reason.
 */
export async function publishAll(
  publisher: Publisher,
  lanes: Iterator<Lane>,
  verdicts: Verdicts,
  atATime: number,
  isOrdered: boolean,
  signal: AbortSignal,
): Promise<void> {
  const work = async () => {
    for (let next = lanes.next(); !next.done; next = lanes.next()) {
      await publishLane(publisher, next.value, verdicts, isOrdered, signal);
      if (signal.aborted || !publisher.isUsable()) return;
    }
  };
  await untilAborted(Promise.all(Array.from({ length: atATime }, work)), signal);
}

async function publishLane(
  publisher: Publisher,
  lane: Lane,
  verdicts: Verdicts,
  isOrdered: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let next = lane.next(); !next.done; next = lane.next()) {
    const message = next.value;
    try {
      const { duplicate } = await publisher.publish(message);
      verdicts.stored(message, duplicate);
    } catch (error) {
      verdicts.failed(message, error);
      if (isOrdered) return;
    }
    if (signal.aborted || !publisher.isUsable()) return;
  }
}
