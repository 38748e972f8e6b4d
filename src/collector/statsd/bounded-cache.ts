/**
 * What was made of texts, for those that come again and again. Memory is bounded, whatever clients send.
 */

/** Entries, after which all are forgotten: those in use are soon there again. */
const most = 10_000;
/** Longer texts are not kept. */
const longest = 512;

export class BoundedCache<V> {
  readonly #known = new Map<string, V>();

  /** @param make what is made of a text that is not known. */
  get(text: string, make: (text: string) => V): V {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make(text);
    if (text.length > longest) return made;
    if (this.#known.size >= most) this.#known.clear();
    this.#known.set(text, made);
    return made;
  }
}
