/**
 * A request's body as chunks of bytes, unpacked if it comes as gzip.
 *
 * Neither an error nor an early end destroys the request's socket (as Node's own stream iterator and
 * `pipeline` would do): the client is still to get its answer over it.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RequestFault } from './request-fault.js';
import type { RequestLife } from './request-life.js';

/** Larger than zlib's own 16 KiB: fewer turns of the event loop for a large body. */
const chunkSize = 64 * 1024;

/**
 * Read the body until it or the request ends.
 *
 * @throws RequestFault 400 when the gzip stream is corrupt or cut off; the reason that ended the request.
 */
export async function* bodyChunks(life: RequestLife): AsyncGenerator<Buffer> {
  const { request } = life;
  const owes = () => !request.complete;
  if (isGzip(request)) yield* unpacked(life);
  else yield* readAll(request, life, owes, endedTooEarly);
}

/** @throws RequestFault 415 for an encoding other than gzip. */
function isGzip(request: IncomingMessage): boolean {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  if (encoding === 'identity') return false;
  throw new RequestFault(
    415,
    'unsupported_encoding',
    `content-encoding "${encoding}" is not supported; gzip is`,
    {
      'accept-encoding': 'gzip',
    },
  );
}

async function* unpacked(life: RequestLife): AsyncGenerator<Buffer> {
  const { request } = life;
  const gunzip = createGunzip({ chunkSize });
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
  };
  const fail = (error: Error) => gunzip.destroy(error);
  request.on('error', fail);
  request.on('data', count);
  request.pipe(gunzip);
  // While zlib has work, or is about to get some, the client owes nothing.
  const owes = () => !request.complete && request.readableLength === 0 && gunzip.writableLength === 0;
  const faultOf = (error: Error) => (request.errored === null ? badGzip(error.message) : endedTooEarly());
  try {
    yield* readAll(gunzip, life, owes, faultOf);
    // zlib ignores what follows a zero byte behind a member.
    if (gunzip.bytesWritten < received) throw badGzip('bytes behind the last gzip member');
  } finally {
    request.off('error', fail);
    request.off('data', count);
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

async function* readAll(
  stream: Readable,
  life: RequestLife,
  owes: () => boolean,
  faultOf: (error: Error) => RequestFault,
): AsyncGenerator<Buffer> {
  let wake = () => {};
  const onChange = () => wake();
  const events = ['readable', 'end', 'error', 'close'] as const;
  for (const event of events) stream.on(event, onChange);
  life.ended.addEventListener('abort', onChange);
  try {
    while (!stream.readableEnded) {
      life.ended.throwIfAborted();
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) yield chunk;
      else if (stream.errored !== null) throw faultOf(stream.errored);
      else if (stream.destroyed) throw faultOf(new Error('closed'));
      else if (!stream.readableEnded) {
        life.waits(owes);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        life.goesOn();
      }
    }
  } finally {
    for (const event of events) stream.off(event, onChange);
    life.ended.removeEventListener('abort', onChange);
  }
}

function badGzip(message: string): RequestFault {
  return new RequestFault(400, 'bad_gzip', `the gzip stream is corrupt or cut off: ${message}`);
}

function endedTooEarly(): RequestFault {
  return new RequestFault(400, 'aborted', 'the body ended too early');
}
