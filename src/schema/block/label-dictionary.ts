/**
 * The labels of a flow: one append-only dictionary in shared memory, text ↔ id.
 *
 *     COUNT, UNITS │ entry 0: offset, length + 1 │ entry 1 │ … │ UTF-16 units of all texts
 *
 * A producer looks in a small table of labels it met lately, then in its own Map, and goes to shared memory only on a
 * miss. There it reserves room and an id with one atomic add each, writes, and stores the length last, which makes the
 * entry readable. Flushers only meet ids that came through a published block, so their entries are complete. No
 * thread waits for another; two producers that add one text at the same moment give it two ids, which costs an entry
 * and nothing else.
 *
 * The dictionary is bounded. Past the bound `idOf` says -1 and the label travels as text, so hostile
 * cardinality costs speed, never memory or correctness.
 */

const COUNT = 0;
const UNITS = 1;
const entriesAt = 2;
/** Longer texts are not worth a place: they are hardly labels. */
const maxLabelUnits = 256;
const unitsPerLabel = 32;
/** A power of two. A look at this table costs a third of one at a Map. */
const recentLabels = 256;

export interface LabelMemory {
  readonly buffer: SharedArrayBuffer;
  readonly maxLabels: number;
}

/** Memory for `maxLabels` texts of 32 UTF-16 units on average. */
export function createLabelMemory(maxLabels: number): LabelMemory {
  const bytes = 4 * (entriesAt + 2 * maxLabels) + 2 * unitsPerLabel * maxLabels;
  return { buffer: new SharedArrayBuffer(Math.ceil(bytes / 8) * 8), maxLabels };
}

export class LabelDictionary {
  readonly #words: Int32Array;
  readonly #units: Uint16Array;
  /** How many ids there can be. */
  readonly size: number;
  readonly #ids = new Map<string, number>();
  /** Labels by a rough hash, each the last one that had it, and their ids. */
  readonly #recent = new Array<string>(recentLabels).fill('');
  readonly #recentIds = new Int32Array(recentLabels);
  readonly #texts: string[] = [];
  /** Entries before this one have been looked at. */
  #seen = 0;

  constructor(memory: LabelMemory) {
    this.size = memory.maxLabels;
    const entriesEnd = entriesAt + 2 * memory.maxLabels;
    this.#words = new Int32Array(memory.buffer, 0, entriesEnd);
    this.#units = new Uint16Array(memory.buffer, 4 * entriesEnd, unitsPerLabel * memory.maxLabels);
  }

  /** The id of a text, adding it if need be; -1 when there is no place for it, or when it is longer than `maxUnits`. */
  idOf(text: string, maxUnits = maxLabelUnits): number {
    const { length } = text;
    if (length < 2) return this.#ids.get(text) ?? this.#learn(text, maxUnits);
    // Labels of one column differ at their end, if in one place only.
    const hash =
      (length + 31 * text.charCodeAt(length - 1) + 131 * text.charCodeAt(length - 2)) & (recentLabels - 1);
    if (this.#recent[hash] === text) return this.#recentIds[hash] as number;
    const id = this.#ids.get(text) ?? this.#learn(text, maxUnits);
    if (id >= 0) {
      this.#recent[hash] = text;
      this.#recentIds[hash] = id;
    }
    return id;
  }

  /** The text of an id that came through the ring. */
  textOf(id: number): string {
    this.#texts[id] ??= this.#read(id) as string;
    return this.#texts[id];
  }

  #learn(text: string, maxUnits: number): number {
    if (text.length > maxUnits) return -1;
    this.#catchUp();
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (Atomics.load(this.#words, COUNT) >= this.size) return -1;
    if (Atomics.load(this.#words, UNITS) + text.length > this.#units.length) return -1;
    const offset = Atomics.add(this.#words, UNITS, text.length);
    if (offset + text.length > this.#units.length) return -1;
    for (let i = 0; i < text.length; i++) this.#units[offset + i] = text.charCodeAt(i);
    const id = Atomics.add(this.#words, COUNT, 1);
    if (id >= this.size) return -1;
    Atomics.store(this.#words, entriesAt + 2 * id, offset);
    Atomics.store(this.#words, entriesAt + 2 * id + 1, text.length + 1);
    this.#ids.set(text, id);
    return id;
  }

  /** Learn what other producers have added. An entry still being written is skipped: its text may get a second id. */
  #catchUp(): void {
    const count = Math.min(Atomics.load(this.#words, COUNT), this.size);
    for (; this.#seen < count; this.#seen++) {
      const text = this.#read(this.#seen);
      if (text !== undefined && !this.#ids.has(text)) this.#ids.set(text, this.#seen);
    }
  }

  #read(id: number): string | undefined {
    const length = Atomics.load(this.#words, entriesAt + 2 * id + 1) - 1;
    if (length < 0) return undefined;
    const offset = Atomics.load(this.#words, entriesAt + 2 * id);
    return String.fromCharCode(...this.#units.subarray(offset, offset + length));
  }
}
