/**
 * Bodies of requests, compressed on the flusher's side: Node does it on threads of its pool.
 */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { SinkError } from '../../../errors.js';
import type { Compression } from './options.js';

/** Smaller bodies gain nothing. */
const fewestBytes = 1024;

type Compress = (body: Uint8Array) => Promise<Uint8Array>;

/** zlib of Node 22.15 and later, for which there are no types here. */
const { zstdCompress } = zlib as unknown as {
  zstdCompress?: (body: Uint8Array, done: (error: Error | null, compressed: Buffer) => void) => void;
};

const byName: Record<Exclude<Compression, 'none'>, Compress | undefined> = {
  // The fastest level: flushers have more to do, and the best one saves little more on rows.
  gzip: (body) => promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip)(body, { level: 1 }),
  zstd: zstdCompress === undefined ? undefined : promisify(zstdCompress),
};

/** @throws SinkError where Node does not have it. */
export function needCompression(compression: Compression): void {
  if (compression !== 'none' && byName[compression] === undefined) {
    throw new SinkError(`compression '${compression}' needs Node 22.15 or later, this is ${process.version}`);
  }
}

/** The body to send, and its encoding; undefined: as it is. */
export async function compressed(
  compression: Compression,
  body: Uint8Array | undefined,
): Promise<{ readonly body: Uint8Array | undefined; readonly encoding: string | undefined }> {
  const compress = compression === 'none' ? undefined : byName[compression];
  if (compress === undefined || body === undefined || body.length < fewestBytes) {
    return { body, encoding: undefined };
  }
  return { body: await compress(body), encoding: compression };
}
