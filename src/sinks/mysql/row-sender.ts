/**
 * Rows on their way: in packets of our own, or as text by `mysql2`'s own means.
 */
import type { Batch } from '../../schema/read/batch.js';
import { untilAborted } from '../connections/until-aborted.js';
import type { MysqlWay } from './options.js';
import type { PreparedTable } from './prepared-table.js';
import { textRows } from './row-texts.js';
import type { Session } from './session.js';
import { RowPackets, type RowRange } from './wire/row-packets.js';

/** Most parameters of a statement. */
const mostParameters = 65_535;
/** Bytes of a number or a time as text, with what stands around it. */
const textBytes = 32;

export class RowSender {
  readonly #packets: RowPackets;
  /** The most bytes that the binary form of a message may have, so that the message fits. */
  readonly #most: number;
  readonly #mostRows: number;

  constructor(
    private readonly session: Session,
    private readonly table: PreparedTable,
    private readonly batch: Batch,
    private readonly way: MysqlWay,
    private readonly signal: AbortSignal,
  ) {
    const { columns } = table;
    this.#packets = new RowPackets(batch, columns, way === 'bulk' ? 'bulk' : 'execute');
    this.#mostRows = way === 'bulk' ? Number.POSITIVE_INFINITY : Math.floor(mostParameters / columns.length);
    // An escape, or a byte in hexadecimal, has two bytes. Rows of numbers are bounded by their number.
    this.#most = way === 'query' ? Math.floor(session.packetBytes / 4) : session.packetBytes;
    if (way === 'query') {
      const rows = Math.floor(session.packetBytes / 2 / (textBytes * columns.length));
      this.#mostRows = Math.max(1, Math.min(this.#mostRows, rows));
    }
  }

  /** The most bytes of a row. */
  get mostBytes(): number {
    return this.#most;
  }

  /** Rows that no message holds. */
  tooLarge(): number[] {
    return this.#packets.tooLarge(this.#most);
  }

  /** Rows as ranges that are a message each. */
  ranges(rows: RowRange): RowRange[] {
    return this.#packets.ranges(rows, this.#most, this.#mostRows);
  }

  /** Run the statement for rows of one message. @returns how many rows of the table it has changed. */
  async send(rows: RowRange): Promise<number> {
    const { session, table, way, signal } = this;
    const { insert } = table;
    signal.throwIfAborted();
    if (way === 'query') {
      const values = textRows(session.driver, this.batch, table.columns, rows);
      return session.run(`${insert.head}${values}${insert.tail}`, signal);
    }
    const sql = insert.of(way === 'bulk' ? 1 : rows.to - rows.from);
    const statement = await untilAborted(session.prepare(sql), signal);
    this.#packets.write(session.buffer, statement, rows);
    return session.send(signal);
  }
}
