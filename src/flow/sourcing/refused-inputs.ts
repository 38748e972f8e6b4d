/**
 * What a source got and could make no rows of: kept as dead letters, from the source's own thread, until they are
 * stored or the flow stops. Such a letter's row is the input as it came.
 */
import { setTimeout } from 'node:timers/promises';
import type { Counters, sourceCell } from '../../metrics/cells/counters.js';
import { batchOf } from '../../schema/batch-of.js';
import type { RefusedInput } from '../../source.js';
import { type DeadLetter, letterOf, refusedInputSchema } from '../delivery/dead-letter.js';
import type { DeadLetterBox } from '../delivery/dead-letter-box.js';
import { type ErrorData, errorData } from '../protocol/error-data.js';
import type { FailureReport } from '../protocol/flusher-task.js';

export interface RefusedTools {
  readonly flow: string;
  /** Undefined: such inputs are dropped, counted and reported. */
  readonly deadLetters: DeadLetterBox | undefined;
  readonly counters: Counters<typeof sourceCell>;
  readonly failed: (failure: FailureReport) => void;
  /** The pause before inputs are tried again that could be put nowhere. */
  readonly pauseMs: number;
  /** Aborts when the flow stops. */
  readonly signal: AbortSignal;
}

interface Kept {
  readonly letter: DeadLetter;
  readonly error: ErrorData;
  readonly stored: () => void;
}

/** Letters that are given to their sink together, at most. */
const mostLetters = 1000;

export class RefusedInputs {
  #waiting: Kept[] = [];
  #storing = false;

  constructor(private readonly tools: RefusedTools) {}

  /**
   * @param stored called when the input is a dead letter.
   * @returns false where there are no dead letters: the input has ended.
   */
  add(refused: RefusedInput, stored: () => void): boolean {
    const { flow, deadLetters } = this.tools;
    const error = errorData(refused.error);
    if (deadLetters === undefined) {
      this.#ended([error], false);
      return false;
    }
    this.#waiting.push({ letter: letterFor(flow, refused, error), error, stored });
    if (!this.#storing) void this.#store();
    return true;
  }

  async #store(): Promise<void> {
    const { signal, pauseMs } = this.tools;
    this.#storing = true;
    // Those of one turn together.
    await setTimeout(0);
    while (this.#waiting.length > 0 && !signal.aborted) {
      const taken = this.#waiting.splice(0, mostLetters);
      const unkept = await this.#put(taken);
      if (unkept.length === 0) continue;
      this.#waiting.unshift(...unkept);
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
    }
    this.#storing = false;
  }

  /** @returns those that were not kept. */
  async #put(taken: readonly Kept[]): Promise<Kept[]> {
    const { deadLetters } = this.tools;
    const letters = taken.map(({ letter }) => letter);
    const unkept = await (deadLetters as DeadLetterBox).put(letters, (kept) => {
      const stored = kept.map((i) => taken[i] as Kept);
      this.#ended(
        stored.map(({ error }) => error),
        true,
      );
      for (const each of stored) each.stored();
    });
    if (unkept.length > 0) {
      const { message, ...rest } = errorData(unkept[0]?.error);
      const why = `${message}; the inputs were refused for this error: ${taken[0]?.error.message}`;
      this.#report(unkept.length, { ...rest, message: why }, 'dead-letters', false);
    }
    return unkept.map(({ row }) => taken[row] as Kept);
  }

  /** Count inputs that have ended, and report them by their error. */
  #ended(errors: readonly ErrorData[], deadLettered: boolean): void {
    this.tools.counters.add('refused', errors.length);
    const byMessage = new Map<string, ErrorData[]>();
    for (const error of errors)
      byMessage.set(error.message, [...(byMessage.get(error.message) ?? []), error]);
    for (const alike of byMessage.values())
      this.#report(alike.length, alike[0] as ErrorData, 'refused', deadLettered);
  }

  #report(rows: number, error: ErrorData, reason: FailureReport['reason'], deadLettered: boolean): void {
    this.tools.failed({ schema: refusedInputSchema.name, rows, reason, deadLettered, error });
  }
}

function letterFor(flow: string, { input, schema, identity }: RefusedInput, error: ErrorData): DeadLetter {
  const text = typeof input === 'string' ? input : textOf(input);
  const row = { schema: schema ?? null, text: text ?? null, bytes: text === undefined ? input : null };
  const batch = batchOf(refusedInputSchema, [row as never], identity);
  const now = Date.now();
  return letterOf({
    ...{ flow, batch, row: 0, reason: 'refused', error, attempts: 0, firstTriedAt: now, failedAt: now },
  });
}

/** @returns undefined for what is no UTF-8. */
function textOf(input: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    return undefined;
  }
}
