/**
 * A producer's slot: whether the flow takes its rows, as agreed with the thread that closes the flow.
 *
 * Before a producer accepts rows it marks its slot active, and looks at the flow's state after that. The closing thread
 * stores the state first, and looks at the slots after that. So either it waits for these rows, or the producer sees
 * the state and refuses them.
 */
import { FlowClosedError } from '../../errors.js';
import type { Refusals } from '../../metrics/cells/refusals.js';
import type { EventCount } from '../../ring/event-count.js';
import type { SleepNotes } from '../../ring/sleep-notes.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';

export class OwnSlot {
  /** Rows published so far: by this producer, and by those that had the slot before it. */
  sequence: number;
  /** Rows of this producer that were accepted and dropped at once. The slot's counters go on over its producers. */
  dropped = 0;
  /** Where the producer was when it dropped the last of these: the number of the row that came next. */
  droppedAt = 0;
  readonly #flow: string;
  readonly #slots: ProducerSlots;
  readonly #settings: LiveSettings;
  #active = false;
  #freed = false;

  /**
   * @param done the signal that the closing thread waits for.
   * @param notes of this producer's announcements.
   */
  constructor(
    shared: SharedFlow,
    readonly number: number,
    private readonly done: EventCount,
    private readonly notes: SleepNotes,
    private readonly refusals: Refusals,
  ) {
    this.#flow = shared.name;
    this.#slots = new ProducerSlots(shared.slots, shared.maxProducers);
    this.#settings = new LiveSettings(shared.settings);
    this.sequence = this.#slots.sequence(number);
  }

  /** Whether the producer has given the slot back. */
  get freed(): boolean {
    return this.#freed;
  }

  /**
   * Look at the flow's state at the cost of a plain load: for each push. `activate` notices what this look misses.
   *
   * @throws FlowClosedError when the flow does not look open, or the producer is closed.
   */
  assertLooksOpen(): void {
    if (this.#freed || !this.#settings.looksOpen) throw this.#refusal();
  }

  /** @throws FlowClosedError when the flow is not open, or the producer is closed. */
  assertOpen(): void {
    if (!this.#isOpen) throw this.#closedError();
  }

  /** The same for an event that is being pushed. */
  assertTakes(): void {
    if (!this.#isOpen) throw this.#refusal();
  }

  /**
   * Mark the slot before rows are accepted or dropped: the closing thread waits until `deactivate`.
   *
   * @throws FlowClosedError when the flow is not open; then the slot is not active.
   */
  activate(): void {
    this.#active = true;
    this.#slots.activate(this.number);
    if (this.#settings.state === flowState.open) return;
    this.deactivate();
    throw this.#refusal();
  }

  /** Clear the mark: what was accepted is published, what was dropped is counted. Does nothing without a mark. */
  deactivate(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#slots.deactivate(this.number, this.sequence);
    // The closing thread may be waiting for this.
    if (this.#settings.state !== flowState.open) this.done.signal();
  }

  /** Count a row that is dropped at once. What was accepted before it is published. */
  drop(): void {
    this.dropped++;
    this.droppedAt = this.sequence;
  }

  /** Say that a caller waits for the commit of the producer's rows before `sequence`. */
  want(sequence: number): void {
    // The slot may be another producer's by now.
    if (this.#freed) this.#slots.wantOfClosed(this.number, sequence);
    else this.#slots.want(this.number, sequence);
  }

  /** Give the slot back. No row is accepted after this. */
  free(): void {
    this.#freed = true;
    // A `committed()` may still wait, when the slot is another's.
    this.notes.detach();
    this.#slots.free(this.number);
  }

  get #isOpen(): boolean {
    return !this.#freed && this.#settings.state === flowState.open;
  }

  /** The error for an event that is pushed too late, which is counted. */
  #refusal(): FlowClosedError {
    this.refusals.count('closed');
    return this.#closedError();
  }

  #closedError(): FlowClosedError {
    return new FlowClosedError(this.#flow, this.#settings.state === flowState.open ? 'producer' : 'flow');
  }
}
