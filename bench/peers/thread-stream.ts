/**
 * The ways through thread-stream, as pino reaches its transports: NDJSON in a ring of bytes, 1 or 100 lines a write.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import ThreadStream from 'thread-stream';
import type { RequestEvent } from '../harness/events.js';
import { Tally } from '../harness/tally.js';
import type { Running, Way, WayOptions } from '../ways/way.js';

/** Bytes of an event as a line. thread-stream bounds bytes, so that the bound on events is converted with it. */
const lineBytes = 135;

class Lines implements Running {
  readonly #tally: Tally;
  #text = '';
  #lines = 0;
  #pushed = 0;
  #full = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: ThreadStream,
    private readonly linesAWrite: number,
    private readonly options: WayOptions,
  ) {
    this.#tally = new Tally(options.memory);
    stream.on('error', (error: Error) => {
      throw error;
    });
    stream.on('drain', () => {
      this.#full = false;
    });
  }

  push(event: RequestEvent): boolean {
    if (this.#full) return false;
    this.#pushed++;
    this.#text += `${JSON.stringify(event)}\n`;
    if (++this.#lines === this.linesAWrite) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), this.options.intervalMs);
    return true;
  }

  async room(): Promise<void> {
    if (this.#full) await once(this.stream, 'drain');
  }

  /** The tally is polled, since the stream's `flush` resolves before the lines are handled. */
  async settle(): Promise<void> {
    this.#write();
    while (this.#tally.totals.rows < this.#pushed) await sleep(1);
  }

  async end(): Promise<void> {
    const closed = once(this.stream, 'close');
    this.stream.end();
    await closed;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === 0) return;
    this.#full = !this.stream.write(this.#text);
    this.#text = '';
    this.#lines = 0;
  }
}

function way(name: string, label: string, linesAWrite: number): Way {
  return {
    name,
    label,
    handledOn: 'a worker thread',
    oneProducer: 'its ring of bytes has one writer',
    async start(options) {
      const stream = new ThreadStream({
        filename: fileURLToPath(new URL('./line-worker.js', import.meta.url)),
        bufferSize: options.inFlight * options.batch * lineBytes,
        workerData: options,
      });
      await once(stream, 'ready');
      return new Lines(stream, linesAWrite, options);
    },
  };
}

export const threadStream1 = way('thread-stream-1', 'thread-stream, 1 line a write', 1);
export const threadStream100 = way('thread-stream-100', 'thread-stream, 100 lines a write', 100);
