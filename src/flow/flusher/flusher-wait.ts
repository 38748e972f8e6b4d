/**
 * How a flusher waits while nothing is due: it watches the ring for a moment, or it sleeps.
 *
 * Under load the next batch is near. To fall asleep and be woken would cost both threads more than to watch, and would
 * move both threads onto one processor where the system wakes a thread on its waker's.
 */
import { before } from '../../ring/layout.js';
import { lingerMs, type Parking } from '../../ring/parking.js';
import type { FlowState, LiveSettings } from '../shared/live-settings.js';
import { now } from '../waiting/clock.js';
import type { FlushPolicy, Look } from './flush-policy.js';
import type { HealthCheck } from './health-check.js';

/** The event loop's timers are a millisecond or two late; the last stretch before a deadline is slept without it. */
const fineMs = 2;

export class FlusherWait {
  /** The last sleep was a short one. */
  #underLoad = false;

  constructor(
    private readonly parking: Parking,
    private readonly policy: Pick<FlushPolicy, 'look'>,
    private readonly settings: LiveSettings,
    private readonly health: HealthCheck,
  ) {}

  /**
   * Wait for rows, a deadline or a signal; not at all if something came meanwhile, a new state included.
   *
   * @param total rows published before `look` was taken, in which nothing was due.
   * @param idle nothing else goes on in this thread.
   * @returns whether the event loop could turn meanwhile.
   */
  async wait(total: number, look: Look, state: FlowState, idle: boolean): Promise<boolean> {
    const alone = idle && !this.health.isUnderWay;
    // While a circuit is open, rows come that are not to be flushed.
    if (this.#underLoad && alone && !look.paused && this.parking.linger(total, look.rowsToGo)) return false;
    const began = now();
    const turned = await this.#sleep(total, look.rowsToGo, state, alone);
    // A short sleep that only a deadline has ended says nothing of the next.
    this.#underLoad = now() - began < 2 * lingerMs && this.parking.total !== total;
    return turned;
  }

  async #sleep(total: number, rowsToGo: number, state: FlowState, idle: boolean): Promise<boolean> {
    const epoch = this.parking.announce(total, rowsToGo);
    const newTotal = this.parking.total;
    const look = this.policy.look(now());
    // Rows that another flusher has let go of meanwhile make the alarm late; set it anew.
    const late = before((newTotal + look.rowsToGo) | 0, (total + rowsToGo) | 0);
    const moved = this.settings.state !== state || this.health.isDue;
    const came = look.due !== undefined || look.spent.length > 0 || moved;
    let woken: Promise<unknown> | undefined;
    if (!came && !late) {
      if (!idle) woken = this.parking.sleepAsync(epoch, look.sleepMs);
      else if (look.sleepMs > fineMs) woken = this.parking.sleepAsync(epoch, look.sleepMs - fineMs / 2);
      else this.parking.sleep(epoch, look.sleepMs);
    }
    await woken;
    this.parking.wake();
    return woken !== undefined;
  }
}
