/**
 * The generic HTTP sink's module, which a flusher loads.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type OpenContext, type WriteContext, type WriteResult } from '../../sink.js';
import { batchKey } from './batch-key.js';
import { type Body, type BodyEncoder, isForm, RowBodies } from './body-encoder.js';
import { type HttpAnswer, HttpClient } from './client/http-client.js';
import { HttpError } from './client/http-error.js';
import { bodyOf, loadEncoder } from './module-encoder.js';
import type { HttpSinkSettings } from './options.js';
import { signatureHeaders } from './signature.js';

export default defineSink((settings: HttpSinkSettings) => {
  const { url, method, encode, identityHeader, signature, healthPath, requireServer } = settings;
  const client = new HttpClient(url, settings);
  const bodies = isForm(encode) ? new RowBodies(encode, settings) : undefined;
  let encoder: BodyEncoder | undefined;

  const send = async (batch: Batch, { bytes, contentType, headers }: Body, signal: AbortSignal) => {
    const body = bytes as Uint8Array;
    return client.send({
      ...{ method, contentType },
      headers: {
        ...headers,
        ...(identityHeader !== undefined && { [identityHeader.toLowerCase()]: batchKey(batch) }),
        ...(signature !== undefined && (await signatureHeaders(signature, body))),
      },
      body,
      signal,
    });
  };

  /** What the module says of an answer; without it, the status says all. */
  const verdicts = (answer: HttpAnswer, batch: Batch): WriteResult | undefined => {
    const failed = encoder?.rowsOf?.(answer, batch);
    return failed === undefined ? undefined : { failed };
  };

  return {
    async open({ schemas }: OpenContext<HttpSinkSettings>) {
      if (!isForm(encode)) encoder = await loadEncoder(encode);
      for (const schema of schemas) bodies?.prepare(schema);
      if (requireServer) await client.reach(AbortSignal.timeout(settings.connectTimeoutMs));
    },
    prepare: (schema: Schema) => bodies?.prepare(schema),
    async write(batch: Batch, { signal }: WriteContext): Promise<WriteResult | undefined> {
      const body = encoder === undefined ? (bodies as RowBodies).bodyOf(batch) : await bodyOf(encoder, batch);
      const failed = [...body.refused].map(([index, error]) => ({ index, error }));
      if (body.bytes === undefined) return { failed };
      try {
        const answer = await send(batch, body, signal);
        return verdicts(answer, batch) ?? (failed.length === 0 ? undefined : { failed });
      } catch (error) {
        const said =
          error instanceof HttpError && error.verdict === 'fatal' && !error.split
            ? verdicts(error.answer, batch)
            : undefined;
        if (said === undefined) throw error;
        return said;
      }
    },
    async health(signal: AbortSignal) {
      if (healthPath === undefined) await client.reach(signal);
      else await client.send({ method: 'GET', place: healthPath, signal });
    },
    close: () => client.close(),
  };
});
