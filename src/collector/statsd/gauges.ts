/**
 * The values of gauges, for changes such as `+5`: a recorder takes values only.
 *
 * A change of a gauge that was not seen before begins at 0. Values that others have recorded are not known here.
 */

import { createHash } from 'node:crypto';

/** Longer keys are kept as hashes: a datagram has room for one of 64 KiB. */
const longestKey = 256;

export class Gauges {
  readonly #values = new Map<string, number>();

  /** @param most gauges whose values are kept. */
  constructor(private readonly most: number) {}

  /** Keep a value. When there are too many, it is not kept. */
  set(gauge: string, value: number): void {
    const key = shortKey(gauge);
    if (this.#mayKeep(key)) this.#values.set(key, value);
  }

  /** @returns the new value; undefined when the gauge is not known and there are too many. */
  change(gauge: string, by: number): number | undefined {
    const key = shortKey(gauge);
    if (!this.#mayKeep(key)) return undefined;
    const value = (this.#values.get(key) ?? 0) + by;
    this.#values.set(key, value);
    return value;
  }

  #mayKeep(key: string): boolean {
    return this.#values.size < this.most || this.#values.has(key);
  }
}

function shortKey(gauge: string): string {
  return gauge.length <= longestKey ? gauge : createHash('sha256').update(gauge).digest('base64');
}
