/**
 * The module of `encode`: loaded in the flusher's thread, and looked at before it is used.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Batch } from '../../schema/read/batch.js';
import type { Body, BodyEncoder } from './body-encoder.js';

/** @throws SinkError when the module cannot be loaded or has no function `encode`. */
export async function loadEncoder(module: string): Promise<BodyEncoder> {
  let loaded: Partial<BodyEncoder> & { default?: Partial<BodyEncoder> };
  try {
    loaded = (await import(module)) as typeof loaded;
  } catch (cause) {
    throw new SinkError(`the module of encode, ${module}, cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const encoder = typeof loaded.encode === 'function' ? loaded : loaded.default;
  if (typeof encoder?.encode === 'function') return encoder as BodyEncoder;
  throw new SinkError(`the module of encode, ${module}, exports no function encode`);
}

/** The body that a module makes of a batch. @throws SinkError for what is no body, and whatever the module throws. */
export async function bodyOf(encoder: BodyEncoder, batch: Batch): Promise<Body> {
  const encoded = await encoder.encode(batch);
  const { body, contentType, headers = {} } = encoded ?? {};
  if (!(typeof body === 'string' || body instanceof Uint8Array) || typeof contentType !== 'string') {
    throw new SinkError('encode: expected { body: a text or a Uint8Array, contentType: a text }');
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { bytes, contentType, headers, refused: new Map() };
}
