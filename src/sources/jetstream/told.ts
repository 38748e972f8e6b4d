/**
 * What the source tells of: each trouble at once, and the same one again after a minute at the earliest.
 */

const quietMs = 60_000;
/** Troubles that are remembered; texts of errors may differ without end. */
const most = 100;

export class Told {
  readonly #lastTold = new Map<string, number>();
  /** Troubles of each kind since they were told of. */
  readonly #since = new Map<string, number>();

  constructor(private readonly report: (error: Error) => void) {}

  /**
   * @param kind what makes it the same trouble. Default: its text.
   * @param made makes the error from how often it has come since it was last told of, this time included.
   */
  tell(error: Error, kind = error.message, made: (times: number) => Error = () => error): void {
    const now = performance.now();
    const times = (this.#since.get(kind) ?? 0) + 1;
    this.#since.set(kind, times);
    if (now - (this.#lastTold.get(kind) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    if (this.#lastTold.size >= most) {
      this.#lastTold.clear();
      this.#since.clear();
    }
    this.#lastTold.set(kind, now);
    this.#since.set(kind, 0);
    this.report(made(times));
  }
}
