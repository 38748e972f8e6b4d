/**
 * Sending a batch's commands, and what their replies say of each row.
 */
import type { Batch } from '../../schema/read/batch.js';
import type { WriteResult } from '../../sink.js';
import { untilAborted } from '../connections/until-aborted.js';
import { classifyRedisError } from './classify.js';
import type { RowEncoder } from './row-commands.js';
import type { RedisSession } from './session.js';

/** Commands go out in series of about so many bytes; nearly every batch is one. */
const bytesOfSeries = 4 * 2 ** 20;

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
  try {
    for (let row = 0; row < batch.length; ) {
      buffer.clear();
      const from = row;
      let sent = 0;
      for (; row < batch.length && buffer.at < bytesOfSeries; row++) {
        if (bad.has(row)) continue;
        write(buffer, row);
        sent++;
      }
      if (sent === 0) continue;
      rows.begin(from);
      const { buffer: memory, byteOffset } = buffer.bytes;
      const series = session.send(
        Buffer.from(memory, byteOffset, buffer.at),
        sent * encoder.commandsOfRow,
        rows,
      );
      await untilAborted(series, signal);
    }
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
  }

  /** Replies of a series come, from that of a row on. */
  begin(row: number): void {
    this.#row = row;
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
