/**
 * The event stream of the live page: its start, the samples of the last minutes, then each new one.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { foreignOrigin } from '../origins.js';
import { sendAnswer } from '../send-answer.js';
import { LiveClient, type SampleSource } from './live-client.js';

/** Sent by the live page (live-page/stream.ts). */
const pageHeader = 'x-batchflow-page';
/** Streams of the page itself, and as many of all other clients. */
const maxStreams = 32;

export class LiveStreams {
  readonly #ofPage = new Set<LiveClient>();
  readonly #ofOthers = new Set<LiveClient>();
  #ended = false;

  /** Send each client what it has not got. */
  send(): void {
    for (const client of this.#all()) client.send();
  }

  /** End all streams, and let no new one begin. */
  end(): void {
    this.#ended = true;
    for (const client of this.#all()) client.end();
  }

  route(sampler: SampleSource) {
    return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      if (this.#ended) {
        return sendAnswer(reply, 503, { code: 'stopping', message: 'the service is shutting down' });
      }
      const clients = isOfPage(request.headers) ? this.#ofPage : this.#ofOthers;
      if (clients.size >= maxStreams) {
        const message = `${maxStreams} pages are open already; close one`;
        return sendAnswer(reply, 503, { code: 'too_many_streams', message }, { 'retry-after': '5' });
      }
      reply.hijack();
      const lastId = request.headers['last-event-id'];
      const client = new LiveClient(reply.raw, sampler, typeof lastId === 'string' ? lastId : undefined);
      // One that has gone already would never be taken out again.
      if (!reply.raw.destroyed) clients.add(client);
      reply.raw.once('close', () => clients.delete(client));
      return reply;
    };
  }

  #all(): LiveClient[] {
    return [...this.#ofPage, ...this.#ofOthers];
  }
}

/**
 * Whether the live page itself asks. A page of another origin can ask without telling its origin where the address is
 * not encrypted, but it cannot set this header without the service's leave.
 */
function isOfPage(headers: IncomingHttpHeaders): boolean {
  return foreignOrigin(headers) === undefined && headers[pageHeader] !== undefined;
}
