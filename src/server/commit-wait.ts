/**
 * Waits until what a request brought is committed, and never says so when it is not.
 */
import { FlushError, WaitTimeoutError } from '../errors.js';
import type { Producer, ProducerPosition } from '../flow/api/producer.js';
import { AcceptedLines, type FailedLine } from './accepted-lines.js';
import { RequestFault } from './request-fault.js';

export interface CommitWaitOptions {
  readonly producer: Pick<Producer, 'committed' | 'duplicatesAtTarget' | 'position'>;
  readonly ackTimeoutMs: number;
  /** Lines that are listed; further ones are only counted. */
  readonly maxRejected: number;
  /** Whether the target can tell which rows it had. */
  readonly tellDuplicates: boolean;
}

/** Runs of lines that are remembered before their commit; some 200 kB. */
const maxRuns = 4096;

/**
 * The commit of one request's events. Make it before the first push.
 *
 * Rows that other requests push meanwhile are waited for, too; their failures are not this request's.
 */
export class CommitWait {
  /** The first lines that were given up, in order. */
  readonly failed: FailedLine[] = [];
  /** Number of lines that were given up. */
  failedCount = 0;
  /** Number of lines whose rows the target had already; undefined where that cannot be told. */
  duplicates: number | undefined;
  #since: ProducerPosition;
  #lines = new AcceptedLines();
  /** The error that made the result unknown. */
  #lost: unknown;

  constructor(private readonly options: CommitWaitOptions) {
    this.#since = options.producer.position();
    this.duplicates = options.tellDuplicates ? 0 : undefined;
  }

  /** @param row the event's number among all that the producer put into the ring. */
  add(line: number, row: number): void {
    this.#lines.add(line, row);
  }

  /** Whether so many lines are remembered that they have to be settled before more events are taken. */
  get isFull(): boolean {
    return this.#lines.runs >= maxRuns;
  }

  /**
   * Wait for the commit of all that was pushed, and forget its lines: afterwards more can be pushed.
   *
   * @throws RequestFault 500 when rows were given up and nobody can tell which, 504 when it takes too long; each later
   *   call throws it again.
   */
  async settle(): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const since = this.#since;
    const lines = this.#lines;
    this.#since = this.options.producer.position();
    this.#lines = new AcceptedLines();
    try {
      await this.#committed(since);
    } catch (error) {
      this.#note(error, lines, since.sequence);
    }
    const there = this.options.producer.duplicatesAtTarget(since);
    this.duplicates =
      this.duplicates === undefined || there === undefined
        ? undefined
        : this.duplicates + lines.count(there, since.sequence);
  }

  async #committed(since: ProducerPosition): Promise<void> {
    const { producer, ackTimeoutMs } = this.options;
    try {
      await producer.committed({ since, timeoutMs: ackTimeoutMs });
    } catch (error) {
      if (!(error instanceof WaitTimeoutError)) throw error;
      const message = `accepted, but not committed within ${ackTimeoutMs} ms; that may still happen`;
      throw new RequestFault(504, 'commit_timeout', message);
    }
  }

  /**
   * Note which lines were given up.
   *
   * @throws the error if it does not say which.
   */
  #note(error: unknown, lines: AcceptedLines, since: number): void {
    if (error instanceof FlushError) {
      const known = error.failed.reduce((sum, { count }) => sum + count, 0);
      if (known >= error.rows) {
        this.failedCount += lines.failedLines(error.failed, since, this.failed, this.options.maxRejected);
        return;
      }
      // Any request's rows may be among the unknown ones: the safe side is to report a failure.
      this.#lost = new RequestFault(500, 'not_committed', error.message);
    } else this.#lost = error;
    throw this.#lost;
  }
}
