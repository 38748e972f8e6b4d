/**
 * Values that are there at once or come later. What is there at once is not awaited: a promise costs a turn of the
 * microtask queue, and a batch that its sink stores at once pays for none.
 */

/** A value, or a promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * Whether a value has to be awaited. A `then` is enough: sinks may return promises of other realms and other libraries.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
