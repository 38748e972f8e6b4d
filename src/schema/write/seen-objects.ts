/**
 * The objects of a value that is being written: one that comes twice is in a cycle, or shared.
 */

/** More of them are found faster in a Set. */
const few = 24;

export class SeenObjects {
  /** How many objects there are. */
  size = 0;
  /** Its places are used again: an array that is emptied gives up its memory, and needs new one for the next value. */
  readonly #list: (object | undefined)[] = Array(few).fill(undefined);
  /** All of them, once they are more than a few. */
  readonly #set = new Set<object>();

  /** The value itself. */
  get first(): object | undefined {
    return this.#list[0];
  }

  /** @returns false for an object that was seen before. */
  add(object: object): boolean {
    const list = this.#list;
    const { size } = this;
    if (size < few) {
      for (let i = 0; i < size; i++) if (list[i] === object) return false;
    } else {
      const set = this.#set;
      if (size === few) for (const one of list) set.add(one as object);
      if (set.has(object)) return false;
      set.add(object);
    }
    list[size] = object;
    this.size = size + 1;
    return true;
  }

  /** Forget all but the first `size`. */
  truncate(size: number): void {
    const list = this.#list;
    if (this.size > few) {
      list.length = Math.max(size, few);
      this.#set.clear();
      if (size > few) for (const one of list) this.#set.add(one as object);
    }
    for (let i = size; i < few && i < this.size; i++) list[i] = undefined;
    this.size = size;
  }
}
