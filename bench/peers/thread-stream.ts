/**
 * thread-stream, pino's way to its transports: NDJSON through a ring of bytes; one line a write, or a hundred.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import ThreadStream from 'thread-stream';
import type { RequestEvent } from '../harness/events.js';
import { Tally } from '../harness/tally.js';
import type { Running, Way, WayOptions } from '../ways/way.js';

/** Its bound is in bytes: what it holds, in its ring and before it, is what so many events take as lines. */
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

  /** The stream's own `flush` says that the lines were written, not that a batch of them was handled. */
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
