/**
 * Node's HTTP server below the service: its time limits, and its answers to what is not a request.
 */
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestFault } from './request-fault.js';
import { RequestLife } from './request-life.js';

/** Time after which a connection without a request is closed. */
const keepAliveTimeout = 72_000;
/** Time after which a connection is closed whose client does not take its answer. */
const stalledMs = 60_000;

/** Make the server of one address that the service listens on. */
export function httpServer(handler: RequestListener): Server {
  // Node's own answer to a request without a host is empty.
  const server = createServer({ keepAliveTimeout, requireHostHeader: false }, (request, response) => {
    if (request.headers.host !== undefined || request.httpVersion !== '1.1') handler(request, response);
    else answer(response, new RequestFault(400, 'bad_request', 'the header "host" is missing'));
  });
  // A request may take as long as its rows wait for their target; RequestLife watches its client.
  server.requestTimeout = 0;
  server.setTimeout(stalledMs);
  server.on('clientError', onClientError);
  server.on('checkExpectation', ({ headers }, response) => {
    const message = `expect: ${headers.expect?.slice(0, 100)} is not known; "100-continue" is`;
    answer(response, new RequestFault(417, 'unknown_expectation', message));
  });
  return server;
}

function answer(response: ServerResponse, { status, code, message }: RequestFault): void {
  const headers = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };
  response.writeHead(status, headers).end(JSON.stringify({ code, message }));
}

/** Answer bytes that are not HTTP, or headers that do not come in time. */
function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const fault = faultOf(error);
  const life = RequestLife.of(socket);
  if (life === undefined) {
    const body = JSON.stringify({ code: fault.code, message: fault.message });
    const head = [
      `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${body.length}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  } else if (life.request.complete) {
    // The request before these bytes is complete, and gets its answer.
    life.response.once('close', () => socket.destroy());
  } else {
    // The answer of the request says what was taken so far.
    life.end(fault);
  }
}

function faultOf({ code }: NodeJS.ErrnoException): RequestFault {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new RequestFault(431, 'headers_too_large', 'the headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RequestFault(408, 'client_timeout', 'the headers did not come in time');
  }
  return new RequestFault(400, 'bad_http', `what was sent is not HTTP/1.1 (${code})`);
}
