/**
 * The objects of a value that is being written: one that comes twice is in a cycle, or shared.
 */

/** More of them are found faster in a Set. */
const few = 24;

export class SeenObjects {
  readonly #list: object[] = [];
  readonly #set = new Set<object>();

  get size(): number {
    return this.#list.length;
  }

  /** The value itself. */
  get first(): object | undefined {
    return this.#list[0];
  }

  /** @returns false for an object that was seen before. */
  add(object: object): boolean {
    const list = this.#list;
    if (list.length < few) {
      if (list.includes(object)) return false;
    } else {
      if (list.length === few) for (const one of list) this.#set.add(one);
      if (this.#set.has(object)) return false;
      this.#set.add(object);
    }
    list.push(object);
    return true;
  }

  /** Forget all but the first `size`. */
  truncate(size: number): void {
    this.#list.length = size;
    this.#set.clear();
    if (size > few) for (const one of this.#list) this.#set.add(one);
  }
}
