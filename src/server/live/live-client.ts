/**
 * One client of the live page's event stream: it is sent what it has not yet got, when it has room for it.
 */
import type { ServerResponse } from 'node:http';

/** How soon a client that lost the service asks again. */
const retryMs = 1000;
/** How long a client may take the last bytes after the end of its stream. */
const lingerMs = 500;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // A proxy that gathers answers would show nothing.
  'x-accel-buffering': 'no',
};

/** What a stream sends. */
export interface SampleSource {
  /** Another process, or another service in it, has another. */
  readonly run: string;
  /** How many samples were taken; the number of the next. */
  readonly taken: number;
  readonly startMessage: object;
  /** The counts at the latest sample. */
  readonly totals: object;
  /** The samples from number `n` on that are kept, oldest first, as JSON. */
  from(n: number): string[];
}

export class LiveClient {
  #next: number;

  /** @param lastId the id of the last event that it got on an earlier connection, if any. */
  constructor(
    private readonly response: ServerResponse,
    private readonly sampler: SampleSource,
    lastId: string | undefined,
  ) {
    this.#next = nextAfter(lastId, sampler);
    response.writeHead(200, headers);
    const start = JSON.stringify(sampler.startMessage);
    response.write(`retry: ${retryMs}\nevent: start\ndata: ${start}\n\n`);
    this.send();
  }

  /**
   * Send all that it has not got. One that has not taken what it got before gets nothing, and later what is still kept:
   * at most one event waits in memory for it.
   */
  send(): void {
    const { response, sampler } = this;
    if (response.writableNeedDrain) return;
    const samples = sampler.from(this.#next);
    this.#next = sampler.taken;
    const data = `{"totals":${JSON.stringify(sampler.totals)},"samples":[${samples.join(',')}]}`;
    response.write(`id: ${sampler.run}:${this.#next}\nevent: samples\ndata: ${data}\n\n`);
  }

  end(): void {
    this.response.end();
    // It may never take them.
    setTimeout(() => this.response.destroy(), lingerMs).unref();
  }
}

/** Of another run all are new. */
function nextAfter(lastId: string | undefined, { run, taken }: SampleSource): number {
  const [ofRun, next] = lastId?.split(':') ?? [];
  const number = Number(next);
  return ofRun === run && Number.isInteger(number) ? Math.min(Math.max(number, 0), taken) : 0;
}
