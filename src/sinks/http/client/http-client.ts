/**
 * The client of all sinks over HTTP/1.1: `HttpClient`, one for each flusher and target, over `node:http`.
 *
 * What a sink does with it:
 *
 * - spread `httpRules` (`options.ts`) into its rules; call `checkHttp(settings)` on the creating thread.
 * - in its module: `client = new HttpClient(url, settings, 'Bearer')`, once a flusher; `client.close()` at the end.
 * - `answer = await client.send({ method, path, query, headers, body, signal })`: `path` is added to that of the URL,
 *   `query` to its query. `answer.body` is at most `maxAnswerBytes`; `answer.isCut` says that there was more.
 * - an answer outside 200–299 throws `HttpError`: `status`, `verdict`, `reason`, `split`, `retryAfterMs`, and
 *   `answer` for sinks that read it. Without an answer it throws `HttpRequestError`. The engine reads what both mean
 *   by their properties, so a sink needs no `classify` for them. An abort throws the signal's reason.
 * - `client.reach(signal)` connects, for `health`; `client.shown` is the address without secrets, for messages.
 *
 * Connections are kept and bounded; redirects are errors; times are bounded for the connection, the head of the
 * answer, pauses within it, and the whole. A kept connection that the target has closed meanwhile fails like any
 * other: whether the target has read the request cannot be known, and retries are the engine's.
 */
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { SinkError } from '../../../errors.js';
import { compressed, needCompression } from './compress.js';
import { connect, type Way } from './connect.js';
import { Credentials, type Headers } from './credentials.js';
import { excerpt, HttpError, HttpRequestError, HttpTimeoutError } from './http-error.js';
import type { HttpSettings } from './options.js';
import { proxyFor } from './proxy.js';
import { retryAfterMs } from './retry-after.js';
import { shownUrl } from './shown-url.js';
import { Turns } from './turns.js';

export interface HttpRequest {
  /** Default `POST`. */
  readonly method?: string;
  /** Behind the path of the URL: `/_bulk`. */
  readonly path?: string;
  /** In place of path and query of the URL: `/healthz?deep=1`. */
  readonly place?: string;
  /** Beside the query of the URL. */
  readonly query?: Headers;
  /** Headers of this request, which come before those of the options. */
  readonly headers?: Headers;
  /** The type of the body, unless the options have a header for it. */
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /** The only status of success, where a target has one. Default: all from 200 to 299. */
  readonly success?: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most `maxAnswerBytes`. */
  readonly body: Buffer;
  /** Whether the answer was longer, or broke off. */
  readonly isCut: boolean;
}

/** Of the request for which a connection is made: Node passes a request's options on to the agent. */
interface Ending {
  /** Ends the connection while it is being made. A request that is destroyed meanwhile would wait for it. */
  readonly ending: AbortSignal;
}

/** Free connections are closed after so long without a request. */
const idleMs = 30_000;
/** Whether an answer commits nothing. The body of one that breaks off is shown as far as it came. */
const isFailure = (status: number) => status < 200 || status >= 300;

export class HttpClient {
  readonly #url: URL;
  readonly #way: Way;
  readonly #agent: Agent;
  /** Ends connections that are being made when the client closes: Node's agent knows those alone that are there. */
  readonly #closing = new AbortController();
  readonly #turns: Turns;
  readonly #credentials: Credentials;
  /** Statuses of which the process has been warned. */
  readonly #warned = new Set<number>();
  /** The address without secrets. */
  readonly shown: string;

  /**
   * @param scheme what stands before a token in `Authorization`.
   * @param words what errors say of an answer's body; by default all of it, up to 300 characters.
   * @throws SinkError where the environment names no HTTP proxy, or Node lacks the compression.
   */
  constructor(
    url: string,
    private readonly settings: HttpSettings,
    scheme = 'Bearer',
    private readonly words: (body: string) => string = (body) => body,
  ) {
    needCompression(settings.compression);
    const { tls, connectTimeoutMs, connections } = settings;
    this.#turns = new Turns(connections);
    this.#url = new URL(url);
    this.#way = { target: this.#url, proxy: proxyFor(this.#url, settings.proxy), tls, connectTimeoutMs };
    this.#credentials = new Credentials(settings, this.#url, scheme);
    this.shown = shownUrl(this.#url);
    this.#agent = new Agent({
      keepAlive: true,
      maxFreeSockets: connections,
      scheduling: 'lifo',
      timeout: idleMs,
    });
    // Node calls it for each connection, and passes its errors on to the request.
    Object.assign(this.#agent, {
      createConnection: ({ ending }: Ending, done: (error: unknown, socket?: unknown) => void) => {
        connect(this.#way, ending).then((socket) => done(null, socket), done);
      },
    });
  }

  /**
   * Send a request.
   *
   * @throws HttpError, HttpRequestError, SinkError for credentials that cannot be had, the signal's reason.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { method = 'POST', signal } = request;
    signal.throwIfAborted();
    await this.#turns.take(signal);
    try {
      return await this.#send(request, method);
    } finally {
      this.#turns.give();
    }
  }

  async #send(request: HttpRequest, method: string): Promise<HttpAnswer> {
    const { signal } = request;
    const own = await this.#credentials.headers();
    const { body, encoding } = await compressed(this.settings.compression, request.body);
    signal.throwIfAborted();
    const url = this.#urlOf(request);
    const { proxy } = this.#way;
    const isForwarded = proxy !== undefined && url.protocol === 'http:';
    const headers: Record<string, string> = {
      ...(isForwarded && proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
      'user-agent': 'batchflow-threads',
      ...(request.contentType !== undefined && { 'content-type': request.contentType }),
      ...own,
      ...request.headers,
      host: url.host,
      'accept-encoding': 'identity',
      ...(encoding !== undefined && { 'content-encoding': encoding }),
      ...(body !== undefined && { 'content-length': String(body.length) }),
    };
    const path = `${isForwarded ? url.origin : ''}${url.pathname}${url.search}`;
    const shown = `${method} ${shownUrl(url)}`;
    let answer: HttpAnswer;
    try {
      answer = await this.#exchange({ method, path, headers }, body, signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw cause instanceof SinkError ? cause : new HttpRequestError(shown, cause);
    }
    const { success = answer.status } = request;
    if (!isFailure(answer.status) && answer.status === success) return answer;
    const error = this.#errorOf(shown, url, answer);
    // Retries alone would keep it quiet until rows are given up.
    if (error.isConfiguration && !this.#warned.has(answer.status)) {
      this.#warned.add(answer.status);
      process.emitWarning(error.message, 'HttpWarning');
    }
    throw error;
  }

  /** Make a connection and close it. @throws HttpRequestError, the signal's reason. */
  async reach(signal: AbortSignal): Promise<void> {
    try {
      (await connect(this.#way, signal)).destroy();
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw cause instanceof SinkError ? cause : new HttpRequestError(`a connection to ${this.shown}`, cause);
    }
  }

  /** Close all connections. */
  close(): void {
    this.#closing.abort(new Error('the sink was closed'));
    this.#agent.destroy();
  }

  #urlOf({ path = '', place, query = {} }: HttpRequest): URL {
    const url = new URL(this.#url);
    if (place !== undefined) [url.pathname, url.search] = partsOf(place);
    if (path !== '') url.pathname = url.pathname.replace(/\/$/, '') + path;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #errorOf(shown: string, url: URL, answer: HttpAnswer): HttpError {
    const location = answer.headers.location;
    let said = excerpt(this.#credentials.hide(this.words(answer.body.toString())));
    if (answer.status >= 300 && answer.status < 400) {
      const isPlace = typeof location === 'string' && URL.canParse(location, url.href);
      const place = isPlace ? ` to ${shownUrl(new URL(location, url))}` : '';
      said = `a redirect${place}, which is not followed`;
    }
    const pause = answer.headers['retry-after'];
    return new HttpError(shown, answer, said, retryAfterMs(String(pause ?? ''), Date.now()));
  }

  #exchange(
    options: { method: string; path: string; headers: Headers },
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { headersTimeoutMs, requestTimeoutMs } = this.settings;
    return new Promise((resolve, reject) => {
      const ending = new AbortController();
      const own: RequestOptions & Ending = {
        ...options,
        ...{ agent: this.#agent, setHost: false, ending: ending.signal },
      };
      const request = httpRequest(own);
      let response: IncomingMessage | undefined;
      let head: NodeJS.Timeout | undefined;
      const stop = (error: Error) => {
        (response ?? request).destroy(error);
        ending.abort(error);
      };
      const within = (what: string, option: string, ms: number) =>
        setTimeout(() => stop(new HttpTimeoutError(what, option, ms)), ms);
      const whole = within('the request', 'requestTimeoutMs', requestTimeoutMs);
      const abort = () => stop(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      const closing = this.#closing.signal;
      const close = () => stop(closing.reason as Error);
      closing.addEventListener('abort', close, { once: true });
      const ended = () => {
        clearTimeout(whole);
        clearTimeout(head);
        signal.removeEventListener('abort', abort);
        closing.removeEventListener('abort', close);
      };
      request.once('finish', () => {
        if (response === undefined) head = within('the answer', 'headersTimeoutMs', headersTimeoutMs);
      });
      request.on('error', (error) => {
        // A connection that breaks within an answer ends the answer, which tells more.
        if (response !== undefined) return;
        ended();
        reject(error);
      });
      request.once('response', (answered) => {
        response = answered;
        clearTimeout(head);
        this.#read(answered)
          .then(resolve, reject)
          .finally(() => {
            ended();
            // An answer before the end of the request: no more of it is to be sent.
            if (!request.writableFinished) request.destroy();
          });
      });
      // The target speaks something else from here on.
      request.once('upgrade', ({ statusCode: status = 0, headers }, socket) => {
        ended();
        socket.destroy();
        resolve({ status, headers, body: Buffer.alloc(0), isCut: false });
      });
      request.end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<HttpAnswer> {
    const { maxAnswerBytes, bodyTimeoutMs } = this.settings;
    const { statusCode: status = 0, headers } = response;
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isCut = false;
    const timeout = new HttpTimeoutError("the answer's next part", 'bodyTimeoutMs', bodyTimeoutMs);
    const timer = setTimeout(() => response.destroy(timeout), bodyTimeoutMs);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        timer.refresh();
        chunks.push(chunk.subarray(0, maxAnswerBytes - bytes));
        bytes += chunk.length;
        isCut = bytes > maxAnswerBytes;
        // Leaving the loop closes the connection.
        if (isCut) break;
      }
    } catch (error) {
      // The status tells enough of a failure.
      if (!isFailure(status)) throw error;
      isCut = true;
    } finally {
      clearTimeout(timer);
    }
    return { status, headers, body: Buffer.concat(chunks), isCut };
  }
}

/** A path and its query. */
function partsOf(place: string): [string, string] {
  const at = place.indexOf('?');
  return at < 0 ? [place, ''] : [place.slice(0, at), place.slice(at)];
}
