/**
 * What is measured of one flush while it goes on: in the flusher's cells, and as an account for those who listen.
 */
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import type { ErrorType, FlusherMeters } from '../../metrics/cells/meters.js';
import type { FlushStatus, WriteInfo } from '../../metrics/read/flush-info.js';
import type { DeliveryObserver } from '../delivery/delivery-contract.js';
import { now } from '../waiting/clock.js';

/** Of an outage that lasts, a flush tells the beginning. */
const most = 1000;

export class FlushRecord implements DeliveryObserver {
  readonly writes: WriteInfo[] = [];
  readonly errors: ErrorType[] = [];
  readonly #began = now();

  constructor(
    private readonly meters: FlusherMeters,
    private readonly counters: Counters<typeof flusherCell>,
    /** Told of the end of each write. */
    private readonly onWrite: () => void,
  ) {}

  retried(): void {
    this.counters.add('retries', 1);
  }

  wrote(rows: number, durationMs: number, status: FlushStatus): void {
    this.meters.observe(status === 'success' ? 'executeSuccess' : 'executeFail', durationMs / 1000);
    if (this.writes.length < most) this.writes.push({ rows, durationMs, status });
    this.onWrite();
  }

  failed(type: ErrorType): void {
    this.meters.countError(type);
    if (this.errors.length < most) this.errors.push(type);
  }

  /** @returns how long it took. */
  end(status: FlushStatus): number {
    const durationMs = now() - this.#began;
    this.meters.observe(status === 'success' ? 'processSuccess' : 'processFail', durationMs / 1000);
    return durationMs;
  }
}
