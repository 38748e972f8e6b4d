/**
 * The messages that this host has and whose end the server does not know yet: those that wait to be pushed, in their
 * order, and those whose rows are under way.
 *
 * A message that comes again meanwhile is the same message: its rows are not pushed twice.
 */
import type { Message } from './message.js';

/** Wakes one that waits for a change. */
export class Bell {
  #wake: (() => void) | undefined;
  #rung = false;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or at once if it has rung since the last one was heard. */
  async heard(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}

/** How much a smaller message counts in the estimate of rows. */
const weight = 0.1;

export class InHand {
  readonly #bySequence = new Map<number, { readonly message: Message; readonly since: number }>();
  readonly #waiting: Message[] = [];
  #rowsPerMessage = 1;
  #hasSeenRows = false;

  /** @returns false for one that is in hand already. */
  add(message: Message): boolean {
    const known = this.#bySequence.get(message.sequence)?.message;
    if (known?.stored === message.stored) {
      known.reply = message.reply;
      return false;
    }
    // The stream was made anew: a word of the old message would be taken for one of this.
    if (known !== undefined) known.isGone = true;
    this.#bySequence.set(message.sequence, { message, since: performance.now() });
    this.#waiting.push(message);
    return true;
  }

  /** The one that has waited longest. */
  take(): Message | undefined {
    return this.#waiting.shift();
  }

  /** All that wait: they are not to be pushed. */
  takeAll(): Message[] {
    return this.#waiting.splice(0);
  }

  /** Forget messages whose end the server knows, or that come again. */
  end(messages: readonly Message[]): void {
    for (const message of messages) {
      const { sequence } = message;
      if (this.#bySequence.get(sequence)?.message === message) this.#bySequence.delete(sequence);
    }
  }

  /** Those that have been in hand for so long at least. */
  since(ms: number): Message[] {
    const before = performance.now() - ms;
    return [...this.#bySequence.values()]
      .filter(({ since }) => since <= before)
      .map(({ message }) => message);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Note how many rows a message had. */
  hadRows(rows: number): void {
    this.#hasSeenRows = true;
    this.#rowsPerMessage = Math.max(1, rows, this.#rowsPerMessage + weight * (rows - this.#rowsPerMessage));
  }

  /** Whether it is known how many rows messages have. */
  get hasSeenRows(): boolean {
    return this.#hasSeenRows;
  }

  /** Rows that a message is expected to have: as the largest of late. */
  get rowsPerMessage(): number {
    return this.#rowsPerMessage;
  }
}
