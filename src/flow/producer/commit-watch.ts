/**
 * Waits until the rows that a producer pushed are committed, and knows whether any of them were given up.
 */
import { FlowClosedError, FlushError } from '../../errors.js';
import type { Position } from '../../ring/progress.js';
import type { CommittedOptions, ProducerPosition } from '../api/producer.js';
import { GivenUpLog } from '../shared/given-up-log.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { until } from '../waiting/until.js';
import type { ProducerViews } from './producer-views.js';

export class CommitWatch {
  readonly #givenUp: GivenUpLog;
  readonly #settings: LiveSettings;
  /** Ends of sealed blocks that may not be committed yet. */
  #outstanding: Position[] = [];
  /** The position of the last `committed()` that came to an answer. */
  #mark: ProducerPosition;

  constructor(
    private readonly shared: SharedFlow,
    private readonly schema: string,
    private readonly views: ProducerViews,
  ) {
    this.#givenUp = new GivenUpLog(shared.givenUp);
    this.#settings = new LiveSettings(shared.settings);
    this.#mark = this.position(0);
  }

  /** How far the producer has come. @param unpublished rows of the group. */
  position(unpublished: number): ProducerPosition {
    const { slot } = this.views;
    return {
      sequence: slot.sequence + unpublished,
      dropped: slot.dropped,
      logged: this.#givenUp.logged(slot.number),
    };
  }

  /** Remember the end of the block that is about to be sealed. */
  sealing(): void {
    // What is committed is forgotten now and then, so that the list cannot outgrow the ring.
    if (this.#outstanding.length >= 2 * this.shared.ring.blocks) this.#forgetCommitted();
    this.#outstanding.push(this.#endOfBlock());
  }

  /**
   * Resolves when all rows pushed so far, which are published, are committed.
   *
   * @throws FlowClosedError when the flow stops before that, or its creating thread has ended.
   * @throws FlushError when some of them, after `since` or after the last call that came to an answer, were given up.
   */
  async committed(options: CommittedOptions): Promise<void> {
    const from = options.since ?? this.#mark;
    const to = this.position(0);
    const { progress } = this.views;
    if (this.#settings.abandoned) throw new FlowClosedError(this.shared.name);
    const waitingFor = this.#positions();
    await until(
      progress.done,
      () => {
        while (waitingFor.length > 0 && progress.isCommitted(waitingFor[0] as Position)) waitingFor.shift();
        if (waitingFor.length === 0) return true;
        if (this.#settings.state === flowState.stopped) throw new FlowClosedError(this.shared.name);
        return false;
      },
      options,
    );
    if (options.since === undefined) this.#mark = to;
    this.#assertNoneGivenUp(from, to);
  }

  #assertNoneGivenUp(from: ProducerPosition, to: ProducerPosition): void {
    const dropped = to.dropped - from.dropped;
    const { number } = this.views.slot;
    const { known, unknown } = this.#givenUp.between(number, from.sequence, to.sequence, from.logged);
    const rows = dropped + unknown + known.reduce((sum, { count }) => sum + count, 0);
    if (rows === 0) return;
    const cause = new Error(known[0]?.message ?? (dropped > 0 ? 'dropped: the ring was full' : 'given up'));
    const deadLettered = dropped + unknown === 0 && known.every((failed) => failed.deadLettered);
    throw new FlushError(this.schema, rows, { cause, failed: known, deadLettered });
  }

  /** The ends of all blocks of the producer that may not be committed yet. */
  #positions(): Position[] {
    const { lease } = this.views;
    this.#forgetCommitted();
    if (lease.block < 0 || lease.published === 0) return [...this.#outstanding];
    return [...this.#outstanding, this.#endOfBlock()];
  }

  #endOfBlock(): Position {
    const { block, generation, published } = this.views.lease;
    return { block, generation, rows: published };
  }

  #forgetCommitted(): void {
    const { progress } = this.views;
    this.#outstanding = this.#outstanding.filter((position) => !progress.isCommitted(position));
  }
}
