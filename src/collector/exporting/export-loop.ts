/**
 * One exporter in the exporting thread: sends the newest series at each interval, tries again after failures, and sends
 * the last values at the end. Each has a loop of its own, so that one whose backend is down holds up no other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../describe.js';
import type { Snapshot } from '../series/snapshot.js';
import { mayPass, pauseAfter } from './backoff.js';
import type { ExportControl } from './export-control.js';
import type { Exporter } from './exporter.js';
import type { KeptBytes } from './kept-bytes.js';

export interface ExportLoopOptions {
  /** Its number among the collector's. */
  readonly exporter: number;
  readonly collector: string;
  readonly intervalMs: number;
  /** How long one `send` may take. */
  readonly timeoutMs: number;
  readonly read: () => Snapshot;
  readonly control: ExportControl;
  readonly kept: KeptBytes | undefined;
  readonly onFailure: (message: string) => void;
}

export class ExportLoop {
  /** Aborts when the collector closes: pauses end. */
  readonly #closing = new AbortController();
  /** Aborts when the collector stops waiting: requests end, too. */
  readonly #stopping = new AbortController();
  #failures = 0;
  #closeBy = Number.POSITIVE_INFINITY;

  constructor(
    private readonly target: Exporter,
    private readonly options: ExportLoopOptions,
  ) {}

  /** Resolves when the last values were sent, or there is no more time for them. Never rejects. */
  async run(): Promise<void> {
    const { intervalMs, control } = this.options;
    let due = performance.now() + intervalMs;
    while (await this.#pause(due - performance.now(), this.#closing.signal)) {
      const error = await this.#send(false);
      const now = performance.now();
      // At the same distances as before, also after intervals that passed in vain.
      while (due <= now) due += intervalMs;
      if (error !== undefined && mayPass(error)) due = now + pauseAfter(error, this.#failures);
    }
    await this.#sendLast();
    try {
      await this.target.close?.();
    } catch (error) {
      this.options.onFailure(messageOf(error));
    }
    control.end();
  }

  /** Send the last values. @param withinMs gives up after so long. */
  close(withinMs: number): void {
    this.#closeBy = performance.now() + withinMs;
    this.#closing.abort();
    setTimeout(() => this.#stopping.abort(), Math.min(withinMs, 2 ** 31 - 1)).unref();
  }

  async #sendLast(): Promise<void> {
    this.#failures = 0;
    for (;;) {
      const error = await this.#send(true);
      if (error === undefined || !mayPass(error)) return;
      const pauseMs = pauseAfter(error, this.#failures);
      if (performance.now() + pauseMs >= this.#closeBy) return;
      if (!(await this.#pause(pauseMs, this.#stopping.signal))) return;
    }
  }

  /** @returns whether the pause was not cut short. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await sleep(Math.min(Math.max(0, ms), 2 ** 31 - 1), undefined, { signal });
      return true;
    } catch {
      return false;
    }
  }

  /** @returns what it failed of; undefined after success. */
  async #send(isLast: boolean): Promise<unknown> {
    const { exporter, collector, control, read, kept } = this.options;
    try {
      const result = await this.#bounded(async (signal) =>
        this.target.send(read(), { signal, isLast, collector }),
      );
      control.add(exporter, 'refused', result?.refused ?? 0);
      if (kept !== undefined && this.target.remember !== undefined) kept.write(this.target.remember());
    } catch (thrown) {
      const error = thrown ?? new Error('rejected without a reason');
      this.#failures++;
      control.add(exporter, 'failed');
      if (!mayPass(error)) control.add(exporter, 'given-up');
      control.set(exporter, 'failed-at', Date.now());
      this.options.onFailure(messageOf(error));
      return error;
    }
    this.#failures = 0;
    control.add(exporter, 'sent');
    control.set(exporter, 'sent-at', Date.now());
    return undefined;
  }

  /** An exporter that ignores its signal holds up nothing, either. @throws the signal's reason. */
  async #bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    const { signal: stopping } = this.#stopping;
    // AbortSignal.any would keep each of these signals as long as the one of the loop.
    const controller = new AbortController();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
      stop = () => controller.abort(new Error('the collector stopped waiting'));
    });
    aborted.catch(() => {});
    const timer = setTimeout(
      () => controller.abort(new Error(`the backend took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
    try {
      return await Promise.race([work(controller.signal), aborted]);
    } finally {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    }
  }
}
