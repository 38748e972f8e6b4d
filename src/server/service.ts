/**
 * The ingest service: events in over HTTP, into a flow.
 *
 * | route                                                           | answer                     |
 * |-----------------------------------------------------------------|----------------------------|
 * | `POST /v1/events`                                               | see events-route.ts        |
 * | `GET /healthz`, `/readyz`, `/stats`, `/metrics`, the live page  | see flow-routes.ts         |
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
import { addFlowRoutes } from './flow-routes.js';
import { OneAtATime } from './one-at-a-time.js';
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
  const service = baseService('the ingest service', base);
  const { app, onRequest, stopping } = service;
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
  addFlowRoutes(service, { flow, target, livePage, seen });
  app.addHook('onClose', async () => producer.close());
  return app;
}
