/**
 * The Elasticsearch sink's module, which a flusher loads.
 */
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type Sink, type WriteContext, type WriteResult } from '../../sink.js';
import { HttpClient } from '../http/client/http-client.js';
import { HttpError } from '../http/client/http-error.js';
import { answerPaths, readAnswer } from './bulk-answer.js';
import { BulkBodies } from './bulk-body.js';
import { type ElasticsearchSettings, schemeOf } from './options.js';
import { wordsOf } from './said.js';

export default defineSink((settings: ElasticsearchSettings): Sink => {
  const { url, op, pipeline, refresh, requireServer, connectTimeoutMs } = settings;
  const client = new HttpClient(url, settings, schemeOf(settings), wordsOf);
  const bodies = new Map<string, BulkBodies>();
  const query = {
    filter_path: answerPaths,
    ...(pipeline !== undefined && { pipeline }),
    ...(refresh !== false && { refresh: String(refresh) }),
  };
  const bodiesOf = (schema: Schema): BulkBodies => {
    let found = bodies.get(schema.name);
    if (found === undefined) {
      found = new BulkBodies(schema, settings);
      bodies.set(schema.name, found);
    }
    return found;
  };

  return {
    async open({ schemas }) {
      for (const schema of schemas) bodiesOf(schema);
      if (requireServer) await client.reach(AbortSignal.timeout(connectTimeoutMs));
    },
    prepare(schema) {
      bodiesOf(schema);
    },
    async write(batch: Batch, { signal }: WriteContext): Promise<WriteResult> {
      const body = bodiesOf(batch.schema).of(batch);
      const refused = [...body.refused].map(([index, error]) => ({ index, error }));
      if (body.rows.length === 0) return { failed: refused };
      const answer = await client.send({
        path: body.index === undefined ? '/_bulk' : `/${encodeURIComponent(body.index)}/_bulk`,
        query,
        contentType: 'application/x-ndjson',
        body: body.bytes,
        signal,
      });
      const { failed, skipped } = readAnswer(answer, body, op);
      return { failed: [...refused, ...failed], skipped: skipped ?? [] };
    },
    async health(signal: AbortSignal) {
      try {
        await client.send({ method: 'GET', signal });
      } catch (error) {
        // The server knows the user, who may write and not ask for this.
        if (!(error instanceof HttpError && error.status === 403)) throw error;
      }
    },
    close: () => client.close(),
  };
});
