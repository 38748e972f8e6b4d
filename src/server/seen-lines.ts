/**
 * What lines of idempotency keys were, as far as this process remembers: to find a key that is used again for something
 * else.
 *
 * Of each accepted line 32 bits of its identity are kept, in pages. Above the limit the pages that were used longest
 * ago are forgotten. A key that comes back with other content is not found then, and its rows are stored, as their
 * identities differ: nothing is lost.
 */

/** Lines of a page. A key of one line takes a page of its own. */
const pageLines = 64;
/** Some 10 MB with all that belongs to them: a million lines of large bodies, or as many keys as pages. */
const mostPages = 16_384;

type Page = Uint32Array;

export class SeenLines {
  /** Lines that were refused, as their key had been sent with other content. */
  mismatches = 0;
  /** By key and number; those used last are the last. */
  readonly #pages = new Map<string, Page>();

  constructor(private readonly most = mostPages) {}

  /** Whether a line of a key was another one when it was accepted. */
  differs(key: string, line: number, mark: number): boolean {
    const seen = this.#page(key, line)?.[line % pageLines] ?? 0;
    if (seen === 0 || seen === present(mark)) return false;
    this.mismatches++;
    return true;
  }

  /** Remember an accepted line. */
  accept(key: string, line: number, mark: number): void {
    let page = this.#page(key, line);
    if (page === undefined) {
      page = new Uint32Array(pageLines);
      this.#pages.set(nameOf(key, line), page);
      if (this.#pages.size > this.most) this.#pages.delete(this.#pages.keys().next().value as string);
    }
    page[line % pageLines] = present(mark);
  }

  #page(key: string, line: number): Page | undefined {
    const name = nameOf(key, line);
    const page = this.#pages.get(name);
    if (page === undefined) return undefined;
    this.#pages.delete(name);
    this.#pages.set(name, page);
    return page;
  }
}

function nameOf(key: string, line: number): string {
  return `${key}/${Math.floor(line / pageLines)}`;
}

/** 0 stands for a line that was not seen. */
function present(mark: number): number {
  return mark === 0 ? 1 : mark;
}
