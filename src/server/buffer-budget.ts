/**
 * One budget for the bytes that all requests hold while they wait for more: unfinished lines and JSON bodies.
 *
 * Eight kilobytes of gzip unpack to eight megabytes of an unfinished body, so a limit for each request does not limit
 * the service. A request that needs more than is left is refused and releases what it held. No request waits for
 * memory, so two of them cannot wait for each other. Before a refusal, requests whose clients are slow are ended. A
 * request that is alone always gets what it asks for.
 */
import { RequestFault } from './request-fault.js';

/** Bytes of each request that do not count. An ordinary line fits, so a full budget does not refuse it. */
export const freeBytes = 16 * 1024;
/** Time for which a client may keep the service waiting before its bytes can be taken for another request. */
const slowMs = 5000;

export class BufferBudget {
  #used = 0;
  /** Shares with more than `freeBytes`. */
  readonly #holders = new Set<BufferShare>();

  constructor(private readonly maxBytes: number) {}

  /**
   * Open the share of one request.
   *
   * @param end ends the request when another one needs its bytes.
   */
  share(end: (fault: RequestFault) => void): BufferShare {
    return new BufferShare(this, end);
  }

  /**
   * Change the number of bytes that a share counts.
   *
   * @throws RequestFault 503 when the budget does not have them.
   */
  recount(share: BufferShare, from: number, to: number): void {
    while (to > from && this.#used > from && this.#used + to - from > this.maxBytes) {
      const slowest = this.#slowest();
      if (slowest === undefined) throw this.#fault();
      slowest.evict(this.#fault());
    }
    this.#used += to - from;
    if (to > 0) this.#holders.add(share);
    else this.#holders.delete(share);
  }

  #slowest(): BufferShare | undefined {
    let slowest: BufferShare | undefined;
    let longest = slowMs;
    for (const share of this.#holders) {
      const { waitedMs } = share;
      if (waitedMs < longest) continue;
      longest = waitedMs;
      slowest = share;
    }
    return slowest;
  }

  #fault(): RequestFault {
    const message = `unfinished lines and bodies of all requests take ${this.maxBytes} bytes already; try again later`;
    return new RequestFault(503, 'buffers_full', message, { 'retry-after': '1' });
  }
}

export class BufferShare {
  #counted = 0;
  #waitedMs = 0;
  #waitsSince: number | undefined;

  constructor(
    private readonly budget: BufferBudget,
    private readonly end: (fault: RequestFault) => void,
  ) {}

  /**
   * Set the number of bytes that the request holds.
   *
   * @throws RequestFault 503 when the budget does not have them; the share is unchanged then.
   */
  hold(bytes: number): void {
    const counted = Math.max(0, bytes - freeBytes);
    if (counted === this.#counted) return;
    this.budget.recount(this, this.#counted, counted);
    if (this.#counted === 0) this.#waitedMs = 0;
    this.#counted = counted;
  }

  /** Note that the service begins to wait for the client. */
  clientWaits(): void {
    this.#waitsSince = performance.now();
  }

  /** Note that the wait is over. */
  clientCame(): void {
    this.#waitedMs = this.waitedMs;
    this.#waitsSince = undefined;
  }

  /** Time for which the client has kept the service waiting since its bytes count; 0 while the service is at work. */
  get waitedMs(): number {
    return this.#waitsSince === undefined ? 0 : this.#waitedMs + performance.now() - this.#waitsSince;
  }

  /** End the request and release its bytes. */
  evict(fault: RequestFault): void {
    this.hold(0);
    this.end(fault);
  }
}
