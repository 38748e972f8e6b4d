/**
 * Sends an answer so that the client can read it, even when it is still sending.
 *
 * A server that answers early and closes while bytes are on their way makes the client's kernel throw the
 * answer away (the close becomes a reset). So the answer is written whole, with its length; then, for a
 * short time, what still comes is read and dropped; only then the connection ends.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** How long a client may go on sending after its answer. */
const lingerMs = 2000;
/** A body up to this length is just read to its end, and the connection kept. */
const shortBodyBytes = 64 * 1024;

export function sendAnswer(
  reply: FastifyReply,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): FastifyReply {
  const request = reply.request.raw;
  const text = Buffer.from(JSON.stringify(body));
  reply.code(status).headers(headers).type('application/json; charset=utf-8');
  // A client that has stopped sending will not send the rest of a short body either.
  if (request.complete || (isShort(request) && status !== 408)) return reply.send(text);
  reply.header('connection', 'close').header('content-length', text.length);
  return reply.send(Readable.from(answerThenLinger(text, request), { objectMode: false }));
}

function isShort({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  // Without either there is no body.
  return length === undefined ? headers['transfer-encoding'] === undefined : Number(length) <= shortBodyBytes;
}

async function* answerThenLinger(text: Buffer, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield text;
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    request.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    request.resume();
  });
}
