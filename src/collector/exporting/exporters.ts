/**
 * The exporters of a collector, seen from the thread that created it: starts the exporting thread, starts another one
 * when it dies, and ends it with a last `send` of each exporter, also at the exit of the process.
 *
 * The thread keeps no process alive.
 */
import { Worker } from 'node:worker_threads';
import { messageOf, visible } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { afterDrainAtExit } from '../../flow/supervision/exit-drain.js';
import { ownFile } from '../../own-files.js';
import type { SeriesMemory } from '../series/series-memory.js';
import { ExportControl } from './export-control.js';
import type { CloseMessage, ExportMessage, ExportTask } from './export-task.js';
import type { ExporterRef } from './exporter.js';

export interface ExportersOptions {
  /** The collector's name. */
  readonly collector: string;
  readonly exporters: readonly ExporterRef[];
  /** Of exporters that have no interval of their own. */
  readonly intervalMs: number;
  /** How long one `send` may take. Default 30,000. */
  readonly timeoutMs?: number;
  /** The collector's `enableCompression`. */
  readonly compress: boolean;
  readonly series: SeriesMemory;
  /** How long the exit of the process waits for last values; 0: it does not. */
  readonly exitGraceMs: number;
}

/** How an exporter is. */
export interface ExporterStatus {
  /** The address of its module. */
  readonly exporter: string;
  /** Times that the backend took the series. */
  readonly sent: number;
  /** Attempts that failed. */
  readonly failed: number;
  /** Of these, attempts after which the values were given up. */
  readonly givenUp: number;
  /** Points that the backend refused while it took the others. */
  readonly refused: number;
  readonly lastSentAt: Date | undefined;
  readonly lastFailedAt: Date | undefined;
  /** Of the latest failure, in words. */
  readonly lastError: string | undefined;
}

const usualTimeoutMs = 30_000;
const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** A thread that has lived so long has not died of its start. */
const longLifeMs = 60_000;

export class Exporters {
  readonly #control: ExportControl;
  #task: ExportTask;
  #worker: Worker | undefined;
  readonly #errors: (string | undefined)[];
  #deaths = 0;
  /** Deaths soon after the start, in a row. */
  #earlyDeaths = 0;
  #restart: NodeJS.Timeout | undefined;
  /** Set once the last values are to be sent. */
  #closing: { readonly until: number; readonly ended: () => void } | undefined;
  #closed: Promise<void> | undefined;
  #stopListening = () => {};

  constructor(private readonly options: ExportersOptions) {
    const { collector, compress, series, timeoutMs = usualTimeoutMs } = options;
    const exporters = options.exporters.map((ref) => ({
      ...ref,
      intervalMs: ref.intervalMs ?? options.intervalMs,
    }));
    const control = ExportControl.create(exporters.length);
    this.#control = new ExportControl(control);
    this.#errors = exporters.map(() => undefined);
    this.#task = { collector, compress, series, timeoutMs, exporters, control, kept: [] };
  }

  /** Times that the exporting thread has died. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Resolves when all exporters are there. @throws SinkError when a module cannot be loaded or makes no exporter. */
  async start(): Promise<void> {
    if (this.#task.exporters.length === 0) return;
    await this.#begin();
    this.#worker?.unref();
    const { exitGraceMs } = this.options;
    if (exitGraceMs > 0) this.#stopListening = afterDrainAtExit(() => this.#closeAtExit(exitGraceMs));
  }

  status(): ExporterStatus[] {
    return this.#task.exporters.map(({ exporter }, i) => {
      const read = (cell: Parameters<ExportControl['read']>[1]) => this.#control.read(i, cell);
      const date = (ms: number) => (ms === 0 ? undefined : new Date(ms));
      return {
        ...{ exporter, sent: read('sent'), failed: read('failed'), givenUp: read('given-up') },
        ...{
          refused: read('refused'),
          lastSentAt: date(read('sent-at')),
          lastFailedAt: date(read('failed-at')),
        },
        lastError: this.#errors[i],
      };
    });
  }

  /** Send the last values and end the thread, at the latest after `timeoutMs`. Harmless when repeated. */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#closing = { until: performance.now() + timeoutMs, ended: resolve };
    });
    if (this.#restart !== undefined) {
      clearTimeout(this.#restart);
      this.#startAgain();
    }
    const worker = this.#worker;
    if (worker === undefined) {
      this.#stopListening();
      return;
    }
    worker.ref();
    this.#tell(worker, timeoutMs);
    let timer: NodeJS.Timeout | undefined;
    // An exporter may block its thread.
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs + 100);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
    clearTimeout(this.#restart);
    await this.#worker?.terminate();
    this.#worker = undefined;
    // Until here the process might have exited.
    this.#stopListening();
  }

  /** The event loop turns no more: the thread is told by a message, and answers in shared memory. */
  #closeAtExit(graceMs: number): void {
    if (this.#worker === undefined) return;
    this.#tell(this.#worker, graceMs);
    this.#control.blockUntilEnded(this.#task.exporters.length, graceMs);
  }

  #tell(worker: Worker, closeWithinMs: number): void {
    worker.postMessage({ closeWithinMs } satisfies CloseMessage);
  }

  /** Start the thread. @throws SinkError when it cannot work. */
  #begin(): Promise<void> {
    this.#control.reset();
    const startedAt = performance.now();
    const worker = new Worker(ownFile('../workers/collector-exporter.js'), {
      workerData: this.#task,
      name: `exporters of ${this.options.collector}`,
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let isReady = false;
      let cause: unknown;
      worker.on('message', (message: ExportMessage) => {
        if (message.type === 'failure') this.#errors[message.exporter] = message.message;
        else if (message.type === 'broken') {
          cause = message.message;
          // Exporters that were made before may keep it alive.
          void worker.terminate();
        } else {
          isReady = true;
          this.#task = { ...this.#task, kept: message.kept };
          resolve();
        }
      });
      worker.on('error', (error) => {
        cause = error;
      });
      worker.once('exit', () => {
        if (worker === this.#worker) this.#worker = undefined;
        if (!isReady)
          reject(new SinkError(cause === undefined ? 'the exporting thread has ended' : messageOf(cause)));
        this.#ended(isReady, cause, performance.now() - startedAt);
      });
    });
  }

  /** The thread is gone. */
  #ended(wasReady: boolean, cause: unknown, livedMs: number): void {
    const closing = this.#closing;
    const isDone = this.#control.blockUntilEnded(this.#task.exporters.length, 0);
    const isOver = closing !== undefined && (isDone || performance.now() >= closing.until);
    // After a start in vain, `start` rejects.
    if (isOver || (!wasReady && this.#deaths === 0)) {
      closing?.ended();
      return;
    }
    this.#deaths++;
    this.#earlyDeaths = livedMs < longLifeMs ? this.#earlyDeaths + 1 : 1;
    const why = cause === undefined ? 'it exited' : messageOf(cause);
    process.emitWarning(
      visible(`the exporting thread died, and is started again: ${why}`),
      'CollectorWarning',
    );
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#earlyDeaths - 1, 20));
    this.#restart = setTimeout(() => this.#startAgain(), pauseMs);
    if (closing === undefined) this.#restart.unref();
  }

  #startAgain(): void {
    this.#restart = undefined;
    // A thread that does not start is one more death.
    this.#begin().catch(() => {});
    const closing = this.#closing;
    const worker = this.#worker as Worker | undefined;
    if (closing === undefined) worker?.unref();
    else if (worker !== undefined) this.#tell(worker, Math.max(0, closing.until - performance.now()));
  }
}
