/**
 * Sending a batch's commands, and what their replies say of each row.
 */

import type { RedisSession } from '../../redis/session.js';
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { untilAborted } from '../connections/until-aborted.js';
import { classifyRedisError } from './classify.js';
import type { RowEncoder } from './row-commands.js';

/** The server works on the first commands of a batch while the others are encoded. */
const bytesOfPart = 32 * 1024;
/** So many bytes are under way at most, by about a part; nearly every batch has fewer. */
const bytesUnderWay = 4 * 2 ** 20;

/**
 * Store a batch.
 *
 * @returns the rows that are not stored, and how many the target had; undefined when all are stored now.
 * @throws an error that is no row's: nothing of the batch is known to be stored.
 */
export async function storeRows(
  session: RedisSession,
  encoder: RowEncoder,
  batch: Batch,
  signal: AbortSignal,
): Promise<WriteResult | undefined> {
  const { bad, write } = encoder.encode(batch);
  const rows = new Verdicts(encoder, batch.length, bad);
  const { buffer } = session;
  let underWay: Promise<void>[] = [];
  let from = 0;
  let commands = 0;
  const send = () => {
    const { buffer: memory, byteOffset } = buffer.bytes;
    const part = session.send(Buffer.from(memory, byteOffset + from, buffer.at - from), commands, rows);
    // Where a row cannot be encoded, nothing waits for it.
    part.catch(() => {});
    underWay.push(part);
    from = buffer.at;
    commands = 0;
  };
  const replied = async () => {
    if (commands > 0) send();
    await untilAborted(Promise.all(underWay), signal);
    underWay = [];
    buffer.clear();
    from = 0;
  };
  try {
    buffer.clear();
    for (let row = 0; row < batch.length; row++) {
      if (bad.has(row)) continue;
      write(buffer, row);
      commands += encoder.commandsOfRow;
      if (buffer.at - from < bytesOfPart) continue;
      send();
      if (buffer.at >= bytesUnderWay) await replied();
    }
    await replied();
  } catch (error) {
    signal.throwIfAborted();
    rows.lost(error);
  }
  return rows.result();
}

/** What is known of each row of a batch. */
class Verdicts {
  readonly #errors: Map<number, Error>;
  /** The row of the next reply. */
  #row = 0;
  /** How many of its replies have come. */
  #replies = 0;
  #stored = 0;
  #skipped = 0;

  constructor(
    private readonly encoder: RowEncoder,
    private readonly length: number,
    private readonly bad: ReadonlyMap<number, Error>,
  ) {
    this.#errors = new Map(bad);
    this.#toSent();
  }

  replied(error: Error | undefined, none: boolean): void {
    const row = this.#row;
    if (error !== undefined && !this.#errors.has(row)) this.#errors.set(row, error);
    else if (none && this.#replies === 0 && this.encoder.skips) this.#skipped++;
    if (++this.#replies < this.encoder.commandsOfRow) return;
    if (!this.#errors.has(row)) this.#stored++;
    this.#replies = 0;
    this.#row++;
    this.#toSent();
  }

  /** The rest of the replies will not come. @throws the error where no row is known to be stored, or bad. */
  lost(error: unknown): void {
    if (this.#stored === 0 && this.#errors.size === 0) throw error;
    for (let row = this.#row; row < this.length; row++) {
      if (!this.#errors.has(row)) this.#errors.set(row, error as Error);
    }
  }

  /** @throws the error that all rows have met, where another attempt may help all of them. */
  result(): WriteResult | undefined {
    if (this.#errors.size === 0)
      return this.#skipped === 0 ? undefined : { failed: [], skipped: this.#skipped };
    if (this.#errors.size === this.length) this.#throwCommon();
    const failed = Array.from(this.#errors, ([index, error]) => ({ index, error }));
    return { failed, skipped: this.#skipped };
  }

  #throwCommon(): void {
    const [first] = this.#errors.values();
    const { message } = first as Error;
    if (classifyRedisError(first).verdict !== 'retry') return;
    for (const error of this.#errors.values()) if (error.message !== message) return;
    throw first;
  }

  #toSent(): void {
    while (this.bad.has(this.#row)) this.#row++;
  }
}
