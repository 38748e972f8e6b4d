/**
 * The ingest service: events in over HTTP, into a flow.
 *
 * | route             | answer                                                                    |
 * |-------------------|---------------------------------------------------------------------------|
 * | `POST /v1/events` | see events-route.ts                                                       |
 * | `GET /healthz`    | 200 as long as the process can answer                                     |
 * | `GET /readyz`     | 200, or 503 and why; see readiness.ts                                     |
 * | `GET /stats`      | `{ stats, ring, lateness, circuit, deadLetters, target }` of the flow     |
 * | `GET /metrics`    | see metrics-route.ts                                                      |
 * | `GET /`           | the live page; its files and its event stream are below `/live/`          |
 *
 * Requests under an unknown host name and of other origins' web pages get no further than admission.ts. The end is that
 * of base-service.ts; a body that is ended by it gets a 503 that says how much was accepted.
 */
import type { FastifyInstance } from 'fastify';
import { check } from '../options/check.js';
import type { Schema } from '../schema/columns/schema.js';
import { compileFromJson, compileReadsText } from '../schema/write/from-json.js';
import { baseService } from './base-service.js';
import { BufferBudget } from './buffer-budget.js';
import { EventShape } from './event-shape.js';
import { eventsRoute, refusedContentType } from './events-route.js';
import { addLivePage } from './live/routes.js';
import { metricsRoute } from './metrics-route.js';
import { OneAtATime } from './one-at-a-time.js';
import { readiness } from './readiness.js';
import { SeenLines } from './seen-lines.js';
import { type IngestServiceOptions, serviceRules } from './service-options.js';
import { TurnShare } from './turn-share.js';

/**
 * Make the service; `listen()` and `close()` are the instance's own, and more routes can be added.
 *
 * @throws ConfigError
 * @throws PackageError when fastify or prom-client is not installed.
 * @example
 * const service = createIngestService({ flow, schema: Request, token: process.env.TOKEN });
 * await service.listen({ port: 8080, host: '127.0.0.1' });
 * // later: first the service, then the flow
 * await service.close();
 * await flow.close();
 */
export function createIngestService<S extends Schema>(options: IngestServiceOptions<S>): FastifyInstance {
  const { flow, schema, token, allowedHosts, allowedOrigins, target, livePage, onError, ...limits } = check(
    serviceRules,
    options,
  );
  const base = { token, allowedHosts, allowedOrigins, onError };
  const { app, onRequest, stopping } = baseService('the ingest service', base);
  // A producer of its own: what others push into the flow is no concern of a client that waits for a commit.
  const producer = flow.producer(schema);
  const seen = producer.takesIdentities ? new SeenLines() : undefined;
  const route = eventsRoute({
    ...limits,
    producer,
    ...{ token, seen },
    fromJson: compileFromJson(schema),
    readsText: compileReadsText(schema),
    shape: new EventShape(schema),
    stopping,
    budget: new BufferBudget(limits.maxBufferedBytes),
    turns: new TurnShare(),
    largeBodies: new OneAtATime(),
  });
  app.post('/v1/events', { onRequest, errorHandler: refusedContentType }, route);
  app.get('/stats', { onRequest }, () => ({
    stats: flow.stats(),
    ring: flow.ring(),
    lateness: flow.lateness(),
    circuit: flow.circuit(),
    deadLetters: flow.deadLetters(),
    target,
    ...(seen && { idempotency: { mismatches: seen.mismatches } }),
  }));
  app.get('/metrics', { onRequest }, metricsRoute(flow, seen));
  if (livePage) addLivePage(app, { flow, target, onRequest, stopping });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { code, body } = await readiness(flow, stopping.aborted);
    return reply.code(code).send(body);
  });

  app.addHook('onClose', async () => producer.close());
  return app;
}
