/**
 * A unit of a source (a message, a part of a file) from the moment it was received until it is acknowledged.
 */
import type { RefusedInput, UnitDelivery } from '../../source.js';
import type { AwaitedRows } from '../producer/unsettled-blocks.js';

/** What a unit's end is told. */
export interface UnitEnds {
  refuse(unit: Unit, refused: RefusedInput): Promise<void> | undefined;
  done(unit: Unit): void;
}

export class Unit implements UnitDelivery, AwaitedRows {
  /** Blocks with rows of it that have not ended. */
  blocks = 0;
  /** Dead letters of it that are not stored. */
  letters = 0;
  /** Whether all of its rows have been pushed. */
  isDone = false;

  /**
   * @param from by producer, in the order in which they were opened: the number of the unit's first row.
   * @param tick the number of the `working` interval in which it began.
   */
  constructor(
    readonly unit: unknown,
    readonly from: readonly number[],
    readonly tick: number,
    private readonly ends: UnitEnds,
  ) {}

  readonly refuse = (refused: RefusedInput): Promise<void> | undefined => this.ends.refuse(this, refused);

  readonly done = (): void => this.ends.done(this);

  /** Whether all that it brought has ended. */
  get hasEnded(): boolean {
    return this.isDone && this.blocks === 0 && this.letters === 0;
  }
}
