/**
 * What a source got and could make no rows of: kept as dead letters, from the source's own thread, until they are
 * stored or the flow stops. Such a letter's row is the input as it came.
 *
 * They take no place in the ring, so their number is bounded here: a source waits while the letters' sink is behind.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Counters, sourceCell } from '../../metrics/cells/counters.js';
import { batchOf } from '../../schema/batch-of.js';
import { identityBytes } from '../../schema/columns/row-identity.js';
import type { RefusedInput } from '../../source.js';
import { type DeadLetter, letterOf, refusedInputSchema } from '../delivery/dead-letter.js';
import type { DeadLetterBox } from '../delivery/dead-letter-box.js';
import { type ErrorData, errorData } from '../protocol/error-data.js';
import type { FailureReport } from '../protocol/flusher-task.js';
import { type Deferred, deferred } from '../waiting/deferred.js';

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
  readonly refused: RefusedInput;
  readonly error: ErrorData;
  readonly refusedAt: number;
  readonly stored: () => void;
}

/** Inputs that are stored together, and that may wait, at most; and their bytes, or one input that is larger. */
const most = { inputs: 1000, bytes: 2 ** 20 };

export class RefusedInputs {
  #waiting: Kept[] = [];
  #bytes = 0;
  #storing = false;
  /** Resolves when there is room; undefined while nothing waits for that. */
  #roomy: Deferred | undefined;

  constructor(private readonly tools: RefusedTools) {
    tools.signal.addEventListener('abort', () => this.#roomy?.resolve(), { once: true });
  }

  /**
   * @param stored called later, when the input has ended.
   * @returns a promise where too many wait: resolves when there is room for more.
   * @throws TypeError for what is no input.
   */
  add(refused: RefusedInput, stored: () => void): Promise<void> | undefined {
    check(refused);
    this.#keep([{ refused, error: errorData(refused.error), refusedAt: Date.now(), stored }]);
    if (!this.#storing) void this.#store();
    return this.hasRoom ? undefined : this.whenRoom();
  }

  get hasRoom(): boolean {
    const isFull = this.#waiting.length >= most.inputs || this.#bytes >= most.bytes;
    return !isFull || this.tools.signal.aborted;
  }

  /** Resolves when few inputs wait, or the flow stops. */
  async whenRoom(): Promise<void> {
    while (!this.hasRoom) {
      this.#roomy ??= deferred();
      await this.#roomy.promise;
    }
  }

  async #store(): Promise<void> {
    const { signal, pauseMs } = this.tools;
    this.#storing = true;
    while (this.#waiting.length > 0 && !signal.aborted) {
      // Those of one turn together; and other work of the thread has its turn.
      await setImmediate();
      const unkept = await this.#put(this.#take());
      if (unkept.length === 0) continue;
      this.#keep(unkept);
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
    }
    this.#storing = false;
  }

  /** Those that have waited longest. */
  #take(): Kept[] {
    let count = 0;
    let bytes = 0;
    for (const { refused } of this.#waiting) {
      if (count === most.inputs || (count > 0 && bytes + refused.input.length > most.bytes)) break;
      count++;
      bytes += refused.input.length;
    }
    this.#bytes -= bytes;
    const taken = this.#waiting.splice(0, count);
    if (this.hasRoom) {
      this.#roomy?.resolve();
      this.#roomy = undefined;
    }
    return taken;
  }

  #keep(inputs: readonly Kept[]): void {
    for (const { refused } of inputs) this.#bytes += refused.input.length;
    this.#waiting.push(...inputs);
  }

  /** @returns those that were not kept. */
  async #put(taken: readonly Kept[]): Promise<Kept[]> {
    const { flow, deadLetters } = this.tools;
    const ended = (numbers: readonly number[]) => {
      const inputs = numbers.map((i) => taken[i] as Kept);
      this.#ended(
        inputs.map(({ error }) => error),
        deadLetters !== undefined,
      );
      for (const { stored } of inputs) stored();
    };
    if (deadLetters === undefined) {
      ended([...taken.keys()]);
      return [];
    }
    const unkept = await deadLetters.put(lettersFor(flow, taken), ended);
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
    const alike = new Map<string, { readonly error: ErrorData; count: number }>();
    for (const error of errors) {
      const known = alike.get(error.message);
      if (known === undefined) alike.set(error.message, { error, count: 1 });
      else known.count++;
    }
    for (const { error, count } of alike.values()) this.#report(count, error, 'refused', deadLettered);
  }

  #report(rows: number, error: ErrorData, reason: FailureReport['reason'], deadLettered: boolean): void {
    this.tools.failed({ schema: refusedInputSchema.name, rows, reason, deadLettered, error });
  }
}

/** Programs without types may pass anything. */
function check({ input, schema, identity }: RefusedInput): void {
  if (typeof input !== 'string' && !(input instanceof Uint8Array))
    throw new TypeError('refuse(): the input is neither a text nor bytes');
  if (schema !== undefined && typeof schema !== 'string')
    throw new TypeError("refuse(): the schema's name is no text");
  if (identity !== undefined && !(identity instanceof Uint8Array && identity.length === identityBytes))
    throw new TypeError(`refuse(): the identity has not ${identityBytes} bytes`);
}

/** One batch has the rows of all letters: making one costs as much as a thousand rows. */
function lettersFor(flow: string, inputs: readonly Kept[]): DeadLetter[] {
  const rows = inputs.map(({ refused: { input, schema } }) => {
    const text = typeof input === 'string' ? input : textOf(input);
    return { schema: schema ?? null, text: text ?? null, bytes: text === undefined ? input : null };
  });
  const identities = inputs.map(({ refused }) => refused.identity ?? randomBytes(identityBytes));
  const batch = batchOf(refusedInputSchema, rows as never[], Buffer.concat(identities));
  return inputs.map(({ error, refusedAt }, row) => {
    const times = { firstTriedAt: refusedAt, failedAt: refusedAt };
    return letterOf({ flow, batch, row, reason: 'refused', error, attempts: 0, ...times });
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
