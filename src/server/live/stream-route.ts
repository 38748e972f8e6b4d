/**
 * The event stream of the live page: its start, the samples of the last minutes, then each new one.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../send-answer.js';
import { LiveClient } from './live-client.js';
import type { Sampler } from './sampler.js';

const maxStreams = 32;

export class LiveStreams {
  readonly #clients = new Set<LiveClient>();
  #ended = false;

  /** Send each client what it has not got. */
  send(): void {
    for (const client of this.#clients) client.send();
  }

  /** End all streams, and let no new one begin. */
  end(): void {
    this.#ended = true;
    for (const client of this.#clients) client.end();
  }

  route(sampler: Sampler) {
    return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      if (this.#ended) {
        return sendAnswer(reply, 503, { code: 'stopping', message: 'the service is shutting down' });
      }
      if (this.#clients.size >= maxStreams) {
        const message = `${maxStreams} pages are open already; close one`;
        return sendAnswer(reply, 503, { code: 'too_many_streams', message }, { 'retry-after': '5' });
      }
      reply.hijack();
      const lastId = request.headers['last-event-id'];
      const client = new LiveClient(reply.raw, sampler, typeof lastId === 'string' ? lastId : undefined);
      // One that has gone already would never be taken out again.
      if (!reply.raw.destroyed) this.#clients.add(client);
      reply.raw.once('close', () => this.#clients.delete(client));
      return reply;
    };
  }
}
