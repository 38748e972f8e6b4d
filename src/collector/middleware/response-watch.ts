/**
 * Records one HTTP request when its response has ended, or when its connection breaks before.
 *
 * Node emits `close` of a response only while the response owns its connection. A pipelined request whose turn has not
 * come never gets it, so the connections themselves are watched, too: by one listener each, for all their requests.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Recorder } from '../api/recorder.js';

/** The status that nginx logs for a client that closed its connection before it had the response. */
const clientClosed = 499;
const switchingProtocols = 101;

/** The requests that a recorder has seen: two hooks on one server count a request once. */
const seenBy = new WeakMap<Recorder, WeakSet<IncomingMessage>>();
const openOn = new WeakMap<Socket, Set<ResponseWatch>>();

/** @returns whether the recorder sees the request for the first time. */
export function isNew(recorder: Recorder, request: IncomingMessage): boolean {
  let seen = seenBy.get(recorder);
  if (seen === undefined) {
    seen = new WeakSet();
    seenBy.set(recorder, seen);
  }
  if (seen.has(request)) return false;
  seen.add(request);
  return true;
}

/**
 * Watch a request from now on.
 *
 * @param pathOf called once, when the response has ended.
 */
export function watchResponse(
  recorder: Recorder,
  request: IncomingMessage,
  response: ServerResponse,
  pathOf: () => string,
): void {
  if (isNew(recorder, request)) new ResponseWatch(recorder, request, response, pathOf);
}

class ResponseWatch {
  readonly #startedAt = performance.now();
  #open: Set<ResponseWatch> | undefined;
  #ended = false;

  constructor(
    private readonly recorder: Recorder,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly pathOf: () => string,
  ) {
    response.once('finish', () => this.#end(response.statusCode));
    response.once('close', () => this.broke());
    // Each stream of HTTP/2 emits `close`.
    if (request.httpVersionMajor > 1) return;
    // Adapters for functions in a cloud make requests without a connection.
    if (typeof request.socket?.once !== 'function') return;
    this.#open = openRequests(request.socket);
    this.#open.add(this);
  }

  /** Note that the connection is gone. */
  broke(): void {
    const { headers } = this.request;
    const { errored, headersSent, statusCode, writableFinished } = this.response;
    if (writableFinished) this.#end(statusCode);
    else if (errored) this.#end(500);
    // A handler that answers an upgrade writes to the connection, past the response.
    else if (!headersSent && headers.upgrade?.toLowerCase() === 'websocket') this.#end(switchingProtocols);
    else this.#end(clientClosed);
  }

  #end(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open?.delete(this);
    recordRequest(this.recorder, this.request, this.pathOf, status, this.#startedAt);
  }
}

/** The requests of a connection whose responses have not ended. */
function openRequests(socket: Socket): Set<ResponseWatch> {
  const known = openOn.get(socket);
  if (known !== undefined) return known;
  const open = new Set<ResponseWatch>();
  openOn.set(socket, open);
  socket.once('close', () => {
    for (const watch of open) watch.broke();
  });
  return open;
}

/** Record a request that has ended. What goes wrong here is no concern of the request. */
export function recordRequest(
  recorder: Recorder,
  request: IncomingMessage,
  pathOf: () => string,
  status: number,
  startedAt: number,
): void {
  try {
    const durationMs = performance.now() - startedAt;
    recorder.recordHttpRequest(request.method ?? 'GET', pathOf(), status, durationMs);
  } catch {
    // A recorder that is closed, or a `route` that throws.
  }
}

/** The path of a request's URL, without its query. */
export function pathOfUrl(url: string | undefined): string {
  if (url === undefined) return '';
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end);
  // Proxies send whole URLs.
  return path.startsWith('/') ? path : path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '') || '/';
}
