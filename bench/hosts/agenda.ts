/**
 * The time of a simulation: what happens when, in order. A second of it takes as long as its events take to compute.
 */
interface Entry {
  readonly at: number;
  /** Of entries for one moment the first that was made comes first. */
  readonly turn: number;
  readonly happens: () => void;
}

export class Agenda {
  /** In milliseconds. */
  now = 0;
  /** A binary heap: each entry comes before those at twice its place. */
  readonly #heap: Entry[] = [];
  #turns = 0;

  at(time: number, happens: () => void): void {
    const entry = { at: Math.max(time, this.now), turn: this.#turns++, happens };
    const heap = this.#heap;
    let place = heap.length;
    for (
      let above = (place - 1) >> 1;
      place > 0 && isBefore(entry, heap[above] as Entry);
      above = (place - 1) >> 1
    ) {
      heap[place] = heap[above] as Entry;
      place = above;
    }
    heap[place] = entry;
  }

  after(ms: number, happens: () => void): void {
    this.at(this.now + ms, happens);
  }

  /** Let everything happen up to a moment. */
  runTo(end: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.now = next.at;
      next.happens();
    }
    this.now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    const { length } = heap;
    if (length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1] as Entry, heap[below] as Entry)) below++;
      if (isBefore(last, heap[below] as Entry)) break;
      heap[place] = heap[below] as Entry;
      place = below;
    }
    heap[place] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}
