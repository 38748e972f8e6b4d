/**
 * Listening to the abort of a signal that many waits and flows may share.
 *
 * Node warns of a leak from eleven listeners on. So a thread adds one listener to a signal, however many wait, and
 * removes it when none does. It takes signals of other realms, which Node's `addAbortListener` refuses.
 */

/** The signals that have this thread's listener. */
const listeners = new WeakMap<AbortSignal, SharedListener>();

/**
 * Call a function when the signal aborts. It is not called for a signal that has aborted before.
 *
 * @param call must not throw: the calls of other waits come after it.
 * @returns ends that.
 */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal === undefined || signal.aborted) return () => {};
  const listener = listeners.get(signal) ?? new SharedListener(signal);
  return listener.add(call);
}

/** Why a signal has aborted. One that is not Node's own may have no reason, and an abort is an error all the same. */
export function reasonOf({ reason }: AbortSignal): unknown {
  return reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
}

/** @throws the reason of a signal that has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/** The one listener of a signal. */
class SharedListener {
  /** An object for each call, as two waits may have the same function. */
  readonly #calls = new Set<{ readonly call: () => void }>();

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', this.#onAbort);
    listeners.set(signal, this);
  }

  add(call: () => void): () => void {
    const entry = { call };
    this.#calls.add(entry);
    return () => {
      if (this.#calls.delete(entry) && this.#calls.size === 0) this.#leave();
    };
  }

  readonly #onAbort = () => {
    const calls = [...this.#calls];
    this.#leave();
    for (const { call } of calls) call();
  };

  #leave(): void {
    this.#calls.clear();
    this.signal.removeEventListener('abort', this.#onAbort);
    listeners.delete(this.signal);
  }
}
