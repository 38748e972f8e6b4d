/**
 * `pushColumns`: stores columns into the open block, as many rows at a time as it takes. A row that cannot be stored
 * that way (a wrong value, a label that the dictionary cannot take, long texts) is pushed alone, so that `push`
 * decides.
 *
 * Code of the caller may run while its columns are read, in the midst of a block: there it may neither push nor close.
 */
import { EventError } from '../../errors.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import type { ColumnsInput } from '../api/producer.js';
import type { BlockWriter } from './block-writer.js';
import { ColumnsCheck } from './columns-input.js';
import { counted } from './counted.js';
import type { OwnSlot } from './own-slot.js';

export class ColumnsPush<S extends Schema> {
  readonly #check: ColumnsCheck;

  constructor(
    schema: S,
    private readonly block: BlockWriter,
    private readonly slot: OwnSlot,
  ) {
    this.#check = new ColumnsCheck(schema);
  }

  /** @returns how many rows were accepted, from the first on. */
  push(given: ColumnsInput<S>, length: number): number {
    const { columns, identities, eventAt } = this.#checked(given, length);
    // Rows to try next; few where many have to go alone.
    let ahead = length;
    return counted((count) => {
      while (count.accepted < length) {
        const to = Math.min(length, count.accepted + ahead);
        const taken = this.#pushBlock(columns, identities, count.accepted, to);
        count.accepted += taken;
        ahead = Math.max(1, 2 * taken);
        if (count.accepted === to) continue;
        const event = eventAt(count.accepted) as EventOf<S>;
        // Reading may have closed the flow: then it does not matter what else is wrong.
        this.slot.assertLooksOpen();
        // The ring is full, or this row does not fit the schema, or does not fit here: `push` knows.
        if (!this.block.compiled.push(event)) return;
        count.accepted++;
      }
    });
  }

  /** @throws EventError for what are no columns of the schema, ConfigError */
  #checked(given: ColumnsInput<S>, length: number) {
    try {
      return this.#check.check(given, length);
    } catch (error) {
      throw error instanceof EventError ? this.block.refused(error) : error;
    }
  }

  /** Take rows `[from, to)` of columns, as far as they fit into the block. @returns how many. */
  #pushBlock(
    columns: readonly ArrayLike<unknown>[],
    identities: ArrayLike<unknown> | undefined,
    from: number,
    to: number,
  ): number {
    const { block } = this;
    const { writeColumns } = block.compiled;
    if (writeColumns === undefined) return 0;
    this.slot.assertLooksOpen();
    block.assertMayPush();
    // Without a group, nothing that runs while columns are read can publish rows or push into them.
    block.publish();
    const end = Math.min(to, from + block.rowsLeft(to - from));
    if (end === from) return 0;
    let taken: number;
    block.readingColumns = true;
    try {
      taken = writeColumns(block.row, columns, from, end, identities) - from;
    } finally {
      block.readingColumns = false;
    }
    if (taken > 0) block.accept(taken);
    return taken;
  }
}
