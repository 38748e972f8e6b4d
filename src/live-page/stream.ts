/**
 * The connection to the service: opened again whenever it is lost, with a token if the service wants one.
 */
import { type ErrorEvent, EventSource } from 'eventsource';

export type State = 'connecting' | 'live' | 'no connection';

export interface Listener<Start, Samples> {
  start(start: Start): void;
  samples(samples: Samples): void;
  /** @param note what else there is to say, such as since when. */
  state(state: State, note: string): void;
  /** The service wants a token. @param refused it got one, but not this. */
  tokenWanted(refused: boolean): void;
}

/** A service that lives sends an event a second. */
const silenceMs = 10_000;
/** Before the next try after an answer that is not a stream; a lost stream's pause is the service's to say. */
const pauseMs = 3000;

/** @typeParam Start the first message of each connection. @typeParam Samples each later one. */
export class Stream<Start, Samples> {
  #source: EventSource | undefined;
  #token: string | undefined;
  #lostAt: Date | undefined;
  #lastSign = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: URL,
    private readonly listener: Listener<Start, Samples>,
  ) {
    setInterval(() => this.#watch(), 1000);
  }

  open(token?: string): void {
    this.#token = token;
    this.#lostAt = undefined;
    this.listener.state('connecting', '');
    this.#connect();
  }

  #connect(): void {
    this.#close();
    this.#lastSign = Date.now();
    const source = new EventSource(this.url, { fetch: (url, init) => this.#fetch(url, init) });
    this.#source = source;
    const on = <T>(name: string, take: (message: T) => void) =>
      source.addEventListener(name, ({ data }) => {
        if (source !== this.#source) return;
        this.#lastSign = Date.now();
        take(JSON.parse(data));
      });
    on<Start>('start', (start) => this.listener.start(start));
    on<Samples>('samples', (samples) => {
      this.#lostAt = undefined;
      this.listener.state('live', '');
      this.listener.samples(samples);
    });
    source.addEventListener('error', (error) => {
      // One that was given up may still get its answer.
      if (source === this.#source) this.#failed(source, error);
    });
  }

  /**
   * With a header that pages of other origins cannot send: their streams take no place from this page. Headers are
   * texts of bytes, so other characters of a token travel as UTF-8, which is how the service reads them.
   */
  #fetch(url: string | URL, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('X-BatchFlow-Page', '1');
    if (this.#token !== undefined) {
      const token = String.fromCharCode(...new TextEncoder().encode(this.#token));
      headers.set('Authorization', `Bearer ${token}`);
    }
    return fetch(url, { ...init, headers });
  }

  #failed(source: EventSource, { code }: ErrorEvent): void {
    this.#lastSign = Date.now();
    if (code === 401) {
      this.#close();
      this.listener.state('no connection', 'a token is needed');
      this.listener.tokenWanted(this.#token !== undefined);
      return;
    }
    this.#lost(code === undefined ? '' : `, the service answers ${code}`);
    // An answer that is no stream is final for it.
    if (source.readyState === source.CLOSED) this.#again = setTimeout(() => this.#connect(), pauseMs);
  }

  #lost(why: string): void {
    this.#lostAt ??= new Date();
    this.listener.state('no connection', `since ${this.#lostAt.toLocaleTimeString('en-GB')}${why}`);
  }

  /** A connection can be lost without a word, as when a machine sleeps. */
  #watch(): void {
    if (this.#source === undefined || this.#source.readyState === this.#source.CLOSED) return;
    if (Date.now() - this.#lastSign < silenceMs) return;
    this.#lost('');
    this.#connect();
  }

  #close(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = undefined;
  }
}
