/**
 * The InfluxDB sink's module, which a flusher loads.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type OpenContext, type WriteContext, type WriteResult } from '../../sink.js';
import type { RowEncoder } from '../encode/row-writer.js';
import { HttpClient } from '../http/client/http-client.js';
import { HttpError } from '../http/client/http-error.js';
import { WireBuffer } from '../wire/wire-buffer.js';
import { lineRows } from './line-rows.js';
import type { InfluxSettings } from './options.js';
import { failedLines } from './partial-write.js';
import { writeAddress } from './place.js';
import { withoutLines } from './said.js';

export default defineSink((settings: InfluxSettings) => {
  const { database, precision, requireServer } = settings;
  const client = new HttpClient(settings.url, settings, 'Token', withoutLines);
  const encoders = new Map<Schema, RowEncoder>();
  const buffer = new WireBuffer(settings.maxBodyBytes);
  const place = writeAddress(settings, precision);

  const encoderOf = (schema: Schema) => {
    const encoder = encoders.get(schema) ?? lineRows(schema, settings);
    encoders.set(schema, encoder);
    return encoder;
  };

  /** The lines of a batch, and the row of each. */
  const linesOf = (batch: Batch) => {
    const { refused, write } = encoderOf(batch.schema).of(batch);
    const rows: number[] = [];
    buffer.clear();
    for (let row = 0; row < batch.length; row++) {
      if (refused.has(row)) continue;
      write(buffer, row);
      rows.push(row);
    }
    const failed = [...refused].map(([index, error]) => ({ index, error: error as unknown }));
    // Another batch may be encoded while this one is under way.
    return { body: buffer.written.slice(), rows, failed };
  };

  const health = async (signal: AbortSignal) => {
    await client.send({ method: 'GET', path: database === undefined ? '/health' : '/ping', signal });
  };

  return {
    async open({ schemas }: OpenContext<InfluxSettings>) {
      for (const schema of schemas) encoderOf(schema);
      if (requireServer) await health(AbortSignal.timeout(settings.connectTimeoutMs));
    },
    prepare: (schema: Schema) => void encoderOf(schema),
    async write(batch: Batch, { signal }: WriteContext): Promise<WriteResult | undefined> {
      const { body, rows, failed } = linesOf(batch);
      if (rows.length === 0) return { failed };
      try {
        await client.send({
          ...place,
          contentType: 'text/plain; charset=utf-8',
          body,
          // A page that something in between answers with 200 stores nothing.
          success: 204,
          signal,
        });
      } catch (error) {
        const named = error instanceof HttpError ? failedLines(error, rows) : undefined;
        if (named === undefined) throw error;
        return { failed: [...failed, ...named] };
      }
      return failed.length === 0 ? undefined : { failed };
    },
    health,
    close: () => client.close(),
  };
});
