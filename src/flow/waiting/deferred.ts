/**
 * A promise that is settled from outside. (`Promise.withResolvers` came with Node 22.)
 */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {};
  let reject: Deferred['reject'] = () => {};
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}

/** Resolves when all that has been left to promises is done: Node.js gives ticks their turn after those. */
export function promisesDone(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
