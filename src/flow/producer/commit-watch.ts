/**
 * Waits until what a producer pushed is committed, and knows whether any of it was given up.
 */
import { FlowClosedError, FlushError } from '../../errors.js';
import type { BlockLease } from '../../ring/block-lease.js';
import { type Position, Progress } from '../../ring/progress.js';
import type { CommittedOptions, ProducerPosition } from '../api/producer.js';
import { GivenUpLog } from '../shared/given-up-log.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { until } from '../waiting/until.js';

export class CommitWatch {
  readonly #progress: Progress;
  readonly #givenUp: GivenUpLog;
  readonly #settings: LiveSettings;
  /** Ends of sealed blocks that may not be committed yet. */
  #outstanding: Position[] = [];
  /** Where the last `committed()` was called. */
  #mark: ProducerPosition;

  constructor(
    private readonly shared: SharedFlow,
    private readonly schema: string,
    private readonly slot: number,
    sequence: number,
  ) {
    this.#progress = new Progress(shared.ring);
    this.#givenUp = new GivenUpLog(shared.givenUp);
    this.#settings = new LiveSettings(shared.settings);
    this.#mark = this.position(sequence, 0);
  }

  /** @param sequence rows put into the ring so far. @param dropped rows dropped instead. */
  position(sequence: number, dropped: number): ProducerPosition {
    return { sequence, dropped, logged: this.#givenUp.logged(this.slot) };
  }

  /** Remember the end of a block that is about to be sealed. */
  sealing({ block, generation, published }: BlockLease): void {
    // What is committed is forgotten now and then, so that the list cannot outgrow the ring.
    if (this.#outstanding.length >= 2 * this.shared.ring.blocks) this.#forgetCommitted();
    this.#outstanding.push({ block, generation, rows: published });
  }

  /**
   * Resolves when all rows up to `to`, which are published, are committed.
   * @throws FlushError when some of them, after `since` or after the last call that came to an answer, were given up.
   */
  async committed(to: ProducerPosition, lease: BlockLease, options: CommittedOptions): Promise<void> {
    const from = options.since ?? this.#mark;
    const waitingFor = this.#positions(lease);
    await until(
      this.#progress.done,
      () => {
        while (waitingFor.length > 0 && this.#progress.isCommitted(waitingFor[0] as Position))
          waitingFor.shift();
        if (waitingFor.length === 0) return true;
        if (this.#settings.state === flowState.stopped) throw new FlowClosedError(this.shared.name);
        return false;
      },
      options,
    );
    if (options.since === undefined) this.#mark = to;
    const dropped = to.dropped - from.dropped;
    const { known, unknown } = this.#givenUp.between(this.slot, from.sequence, to.sequence, from.logged);
    const rows = dropped + unknown + known.reduce((sum, { count }) => sum + count, 0);
    if (rows === 0) return;
    const cause = new Error(known[0]?.message ?? (dropped > 0 ? 'dropped: the ring was full' : 'given up'));
    const deadLettered = dropped + unknown === 0 && known.every((failed) => failed.deadLettered);
    throw new FlushError(this.schema, rows, { cause, failed: known, deadLettered });
  }

  #positions(lease: BlockLease): Position[] {
    this.#forgetCommitted();
    if (lease.block < 0 || lease.published === 0) return [...this.#outstanding];
    const { block, generation, published } = lease;
    return [...this.#outstanding, { block, generation, rows: published }];
  }

  #forgetCommitted(): void {
    this.#outstanding = this.#outstanding.filter((position) => !this.#progress.isCommitted(position));
  }
}
