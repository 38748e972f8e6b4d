/**
 * A request's body as chunks of bytes, unpacked if it comes as gzip.
 *
 * Neither an error nor an early end destroys the request's socket (as Node's own stream iterator and
 * `pipeline` would do): the client is still to get its answer over it.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RequestFault, stoppingFault } from './request-fault.js';

/** Larger than zlib's own 16 KiB: fewer turns of the event loop for a large body. */
const chunkSize = 64 * 1024;

/**
 * @param stopping ends the body with a 503 fault, even while the client is silent.
 * @throws RequestFault 400 when the gzip stream is corrupt or cut off, or the client went away.
 */
export async function* bodyChunks(request: IncomingMessage, stopping: AbortSignal): AsyncGenerator<Buffer> {
  if (!isGzip(request)) return yield* readAll(request, stopping);
  const gunzip = createGunzip({ chunkSize });
  const fail = (error: Error) => gunzip.destroy(error);
  request.on('error', fail);
  request.pipe(gunzip);
  try {
    yield* readAll(gunzip, stopping);
  } finally {
    request.off('error', fail);
    request.unpipe(gunzip);
    gunzip.destroy();
  }
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

async function* readAll(stream: Readable, stopping: AbortSignal): AsyncGenerator<Buffer> {
  let wake = () => {};
  const onChange = () => wake();
  const events = ['readable', 'end', 'error', 'close'] as const;
  for (const event of events) stream.on(event, onChange);
  stopping.addEventListener('abort', onChange);
  try {
    while (!stream.readableEnded) {
      if (stopping.aborted) throw stoppingFault();
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) yield chunk;
      else if (stream.errored !== null) throw streamFault(stream.errored);
      else if (stream.destroyed) throw streamFault(new Error('closed'));
      else if (!stream.readableEnded) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    for (const event of events) stream.off(event, onChange);
    stopping.removeEventListener('abort', onChange);
  }
}

function streamFault(error: NodeJS.ErrnoException): RequestFault {
  return error.code?.startsWith('Z_') === true
    ? new RequestFault(400, 'bad_gzip', `the gzip stream is corrupt or cut off: ${error.message}`)
    : new RequestFault(400, 'aborted', 'the body ended too early');
}
