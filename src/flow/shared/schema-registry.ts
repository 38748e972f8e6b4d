/**
 * The registry of schemas that are added to a running flow: entries in shared memory, to which any thread appends.
 *
 *     free ──a thread takes it──▶ writing ──its text is stored──▶ ready      for ever: its number names the schema
 *                                    └──its thread takes too long──▶ void    for ever: no reader looks at it
 *
 * All changes of state are compare-and-swaps. A thread takes the first free entry, and only when no entry before it is
 * being written: it waits a moment, then makes that entry void. So all that stands before its own entry is final, and
 * it has seen each name there. Two threads that add one name agree on one entry, wherever either of them dies.
 *
 * A thread whose entry was made void, since it was only slow, finds that out by its own swap, and takes another one.
 */

/** A schema as it is kept. */
export interface SchemaEntry {
  readonly name: string;
  /** Its columns, as `columnsText` writes them. */
  readonly columns: string;
}

/** Where the texts of entries are. */
export interface EntryTexts {
  store(entry: number, schema: SchemaEntry): void;
  load(entry: number): SchemaEntry;
}

const free = 0;
const writing = 1;
const ready = 2;
const unusable = 3;

/** A thread writes an entry in microseconds; one that has not in so long has died, or does not run. */
const patienceMs = 100;

export class SchemaRegistry {
  /**
   * @param states one word an entry, zeros at first.
   * @param most how many entries may become ready; the others replace those whose threads died.
   */
  constructor(
    protected readonly states: Int32Array,
    protected readonly texts: EntryTexts,
    private readonly most: number,
  ) {}

  /**
   * Add a schema, unless its name is there.
   *
   * @returns the number of the entry that has the name, and what stands there, which may have other columns; undefined
   *   when there is no place for it.
   */
  add(schema: SchemaEntry): { readonly entry: number; readonly found: SchemaEntry } | undefined {
    let others = 0;
    for (let entry = 0; entry < this.states.length; entry++) {
      if (this.final(entry) === free) {
        if (others >= this.most) return undefined;
        if (this.swap(entry, free, writing)) {
          if (this.write(entry, schema)) return { entry, found: schema };
          continue;
        }
      }
      // Another thread may have taken it since.
      if (this.final(entry) !== ready) continue;
      const found = this.texts.load(entry);
      if (found.name === schema.name) return { entry, found };
      others++;
    }
    return undefined;
  }

  /** What stands at an entry; undefined where nothing is ready. */
  at(entry: number): SchemaEntry | undefined {
    return this.state(entry) === ready ? this.texts.load(entry) : undefined;
  }

  /** The numbers of the entries that are ready now. */
  *entries(): Iterable<number> {
    for (let entry = 0; entry < this.states.length && this.state(entry) !== free; entry++) {
      if (this.state(entry) === ready) yield entry;
    }
  }

  /** Store the text of an entry that this thread has taken. @returns false when the entry was made void meanwhile. */
  protected write(entry: number, schema: SchemaEntry): boolean {
    this.texts.store(entry, schema);
    // ORDER: the state after the text: whatever thread finds the entry ready reads all of it.
    const stands = this.swap(entry, writing, ready);
    Atomics.notify(this.states, entry);
    return stands;
  }

  /** The state of an entry when it no longer changes, unless it is free. */
  protected final(entry: number): number {
    if (this.state(entry) === writing) {
      this.wait(entry);
      this.swap(entry, writing, unusable);
    }
    return this.state(entry);
  }

  /** Wait a moment for the thread that writes an entry. */
  protected wait(entry: number): void {
    Atomics.wait(this.states, entry, writing, patienceMs);
  }

  protected swap(entry: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.states, entry, from, to) === from;
  }

  protected state(entry: number): number {
    return Atomics.load(this.states, entry);
  }
}
