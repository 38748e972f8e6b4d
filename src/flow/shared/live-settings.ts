/**
 * The words that steer a running flow, in shared memory: its state, and the settings that may change.
 *
 * The creating thread writes them, everyone else reads them at each step, so a change needs no message.
 */

/** Where a flow is. Producers accept rows in `open` only; flushers end when `draining` is done, or `stopped`. */
export const flowState = { open: 0, closing: 1, draining: 2, stopped: 3 } as const;
export type FlowState = (typeof flowState)[keyof typeof flowState];

const word = {
  state: 0,
  flushSize: 1,
  flushIntervalMs: 2,
  flushWanted: 3,
  flushUpTo: 4,
  listeners: 5,
  abandoned: 6,
  healthAsked: 7,
  fixedFlushSize: 8,
  fixedFlushIntervalMs: 9,
} as const;

const tunable = ['flushSize', 'flushIntervalMs'] as const;
const fixedWord = { flushSize: 'fixedFlushSize', flushIntervalMs: 'fixedFlushIntervalMs' } as const;

export class LiveSettings {
  readonly #words: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(64)) {
    this.#words = new Int32Array(memory);
  }

  get state(): FlowState {
    return Atomics.load(this.#words, word.state) as FlowState;
  }

  set state(state: FlowState) {
    Atomics.store(this.#words, word.state, state);
  }

  /** Go from one state to the next, unless another thread has moved the flow on, or stopped it. */
  advance(from: FlowState, to: FlowState): void {
    Atomics.compareExchange(this.#words, word.state, from, to);
  }

  /** A glance at the state that costs no more than a plain load: for each push. It may be a moment old. */
  get looksOpen(): boolean {
    return this.#words[word.state] === flowState.open;
  }

  /** Whether the creating thread has ended before the flow had: no row can be committed any more. */
  get abandoned(): boolean {
    return Atomics.load(this.#words, word.abandoned) === 1;
  }

  set abandoned(abandoned: boolean) {
    Atomics.store(this.#words, word.abandoned, abandoned ? 1 : 0);
  }

  get flushSize(): number {
    return Atomics.load(this.#words, word.flushSize);
  }

  set flushSize(rows: number) {
    Atomics.store(this.#words, word.flushSize, rows);
  }

  get flushIntervalMs(): number {
    return Atomics.load(this.#words, word.flushIntervalMs);
  }

  set flushIntervalMs(ms: number) {
    Atomics.store(this.#words, word.flushIntervalMs, ms);
  }

  /** Settings that a program has set, which ends their tuning. */
  fix(settings: Readonly<Partial<Record<(typeof tunable)[number], number | undefined>>>): void {
    for (const name of tunable) {
      const value = settings[name];
      if (value === undefined) continue;
      // ORDER: what is fixed before the value: a flusher that tunes sees it, or this store comes after the flusher's.
      Atomics.store(this.#words, word[fixedWord[name]], value);
      Atomics.store(this.#words, word[name], value);
    }
  }

  /** Settings as a flusher has tuned them; those that a program has set stay. */
  tune(settings: { readonly flushSize: number; readonly flushIntervalMs: number }): void {
    for (const name of tunable) {
      const fixed = word[fixedWord[name]];
      if (Atomics.load(this.#words, fixed) !== 0) continue;
      Atomics.store(this.#words, word[name], settings[name]);
      // ORDER: after the store: a program may have set the value meanwhile, and again.
      for (let value = 0; value !== Atomics.load(this.#words, fixed); ) {
        value = Atomics.load(this.#words, fixed);
        Atomics.store(this.#words, word[name], value);
      }
    }
  }

  /** Rows that have waited since this clock reading, or longer, are to be flushed now; undefined: none. */
  get flushUpTo(): number | undefined {
    return Atomics.load(this.#words, word.flushWanted) > 0
      ? Atomics.load(this.#words, word.flushUpTo)
      : undefined;
  }

  /** Begin to want a flush of everything that came up to this clock reading (wrapping). */
  wantFlush(upTo: number): void {
    Atomics.store(this.#words, word.flushUpTo, upTo);
    Atomics.add(this.#words, word.flushWanted, 1);
  }

  /** One `wantFlush` is satisfied, or given up. */
  flushDone(): void {
    Atomics.sub(this.#words, word.flushWanted, 1);
  }

  /** How often the creating thread has asked for the sink's health. */
  get healthAsked(): number {
    return Atomics.load(this.#words, word.healthAsked);
  }

  askHealth(): void {
    Atomics.add(this.#words, word.healthAsked, 1);
  }

  /** Whether the creating thread wants to hear of each flush. */
  get wantsFlushEvents(): boolean {
    return Atomics.load(this.#words, word.listeners) > 0;
  }

  set wantsFlushEvents(wanted: boolean) {
    Atomics.store(this.#words, word.listeners, wanted ? 1 : 0);
  }
}
