/**
 * Asks the sink whether its target can be reached, in the flusher's thread, when the creating thread wants to know.
 *
 * One flusher asks for all: they write to the same target. The thread may sleep, or wait for a flush for long; so the
 * flusher looks before it sleeps, and a timer looks whenever the event loop turns.
 */
import { messageOf } from '../../describe.js';
import type { Sink } from '../../sink.js';
import type { LiveSettings } from '../shared/live-settings.js';
import { within } from '../waiting/within.js';

/** How long a check may take. */
const limitMs = 5000;
const lookEveryMs = 250;

export class HealthCheck {
  #answered = 0;
  #isUnderWay = false;
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param checks whether this flusher asks.
   * @param tell receives what is wrong; undefined: nothing.
   */
  constructor(
    private readonly sink: Pick<Sink, 'health'>,
    private readonly settings: LiveSettings,
    private readonly checks: boolean,
    private readonly tell: (trouble: string | undefined) => void,
  ) {
    if (checks) this.#timer = setInterval(() => this.look(), lookEveryMs).unref();
  }

  /** Whether a check is wanted and none is under way. */
  get isDue(): boolean {
    return this.checks && !this.#isUnderWay && this.settings.healthAsked !== this.#answered;
  }

  /** Whether the event loop has to turn for a check. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Begin a check if one is due. */
  look(): void {
    if (!this.isDue) return;
    this.#answered = this.settings.healthAsked;
    this.#isUnderWay = true;
    void this.#check();
  }

  /** The sink is about to be closed. */
  end(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const abort = new AbortController();
    try {
      const checking = (async () => this.sink.health?.(abort.signal))();
      await within(limitMs, checking, 'the target of the sink did not answer', (late) => abort.abort(late));
      this.tell(undefined);
    } catch (error) {
      this.tell(messageOf(error));
    } finally {
      this.#isUnderWay = false;
    }
  }
}
