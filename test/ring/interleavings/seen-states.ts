/**
 * The set of states that a search has been in, so that schedules that meet in one are followed once.
 *
 * A state is known by 64 bits of hash. Beside it stands how many preemptions were left there: a state met
 * again with no more of them holds nothing new.
 */
export class SeenStates {
  #slots = 1 << 16;
  #entries = new Int32Array(this.#slots * 3);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns false when the state was here before with as many preemptions left. */
  add(a: number, b: number, preemptions: number): boolean {
    if (this.#size * 2 > this.#slots) this.#grow();
    const at = this.#find(a, b);
    // An empty slot has 0 in its third word.
    if (this.#entries[at + 2] === 0) this.#size++;
    else if ((this.#entries[at + 2] as number) > preemptions) return false;
    this.#entries[at] = a;
    this.#entries[at + 1] = b;
    this.#entries[at + 2] = preemptions + 1;
    return true;
  }

  #find(a: number, b: number): number {
    const mask = this.#slots - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * 3;
      if (this.#entries[at + 2] === 0) return at;
      if (this.#entries[at] === a && this.#entries[at + 1] === b) return at;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#slots *= 2;
    this.#entries = new Int32Array(this.#slots * 3);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] === 0) continue;
      const to = this.#find(old[at] as number, old[at + 1] as number);
      for (let word = 0; word < 3; word++) this.#entries[to + word] = old[at + word] as number;
    }
  }
}
