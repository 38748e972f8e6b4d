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
 * Requests under an unknown host name and of other origins' web pages get no further than admission.ts.
 *
 * `close()` of the instance stops listening, ends bodies that are still coming with a 503 that says how much
 * was accepted, lets every other request have its answer, and then drops the connections.
 */
import { setMaxListeners } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { check } from '../options/check.js';
import { loadPeer, needPeers } from '../peer-packages.js';
import type { Schema } from '../schema/columns/schema.js';
import { admission } from './admission.js';
import { tokenCheck } from './bearer-token.js';
import { BufferBudget } from './buffer-budget.js';
import { frameworkErrors, setErrorAnswers } from './error-answers.js';
import { EventShape } from './event-shape.js';
import { eventsRoute, refusedContentType } from './events-route.js';
import { compileFromJson, compileReadsText } from './from-json.js';
import { httpServer } from './http-server.js';
import { addLivePage } from './live/routes.js';
import { metricsRoute } from './metrics-route.js';
import { OneAtATime } from './one-at-a-time.js';
import { readiness } from './readiness.js';
import { SeenLines } from './seen-lines.js';
import { sendAnswer } from './send-answer.js';
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
  needPeers('the ingest service', ['fastify', 'prom-client']);
  const { fastify } = loadPeer('the ingest service', 'fastify') as typeof import('fastify');
  const stopping = new AbortController();
  // Every request that is under way listens.
  setMaxListeners(0, stopping.signal);
  // A producer of its own: what others push into the flow is no concern of a client that waits for a commit.
  const producer = flow.producer(schema);
  const seen = producer.takesIdentities ? new SeenLines() : undefined;
  const app = fastify({
    // Requests are answered by the routes to the end, so that even then all answers look alike.
    return503OnClosing: false,
    serverFactory: httpServer,
    frameworkErrors,
    // The server has a handler of its own.
    clientErrorHandler: () => {},
  });

  // Bodies stay untouched: the route reads them itself.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  const authorized = token === undefined ? undefined : tokenCheck(token);
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    if (authorized === undefined || authorized(request.headers.authorization)) return;
    const body = { code: 'unauthorized', message: 'send the token as "Authorization: Bearer <token>"' };
    return sendAnswer(reply, 401, body, { 'www-authenticate': 'Bearer' });
  };

  const route = eventsRoute({
    ...limits,
    producer,
    ...{ token, seen },
    fromJson: compileFromJson(schema),
    readsText: compileReadsText(schema),
    shape: new EventShape(schema),
    stopping: stopping.signal,
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
  if (livePage) addLivePage(app, { flow, target, onRequest, stopping: stopping.signal });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { code, body } = await readiness(flow, stopping.signal.aborted);
    return reply.code(code).send(body);
  });

  setErrorAnswers(app, onError);
  endInOrder(app, stopping);
  // After its hook, which counts requests: also what is refused gets its answer.
  app.addHook('onRequest', admission({ token, allowedHosts, allowedOrigins }));
  app.addHook('onClose', async () => producer.close());
  return app;
}

/** Makes `close()` tell the requests, wait for those that are under way, and for nobody else. */
function endInOrder(app: FastifyInstance, stopping: AbortController): void {
  let active = 0;
  // A connection without a request, or one that is kept alive, would hold up `close()`.
  const dropConnectionsWhenIdle = () => {
    if (stopping.signal.aborted && active === 0) app.server.closeAllConnections();
  };
  app.addHook('onRequest', async (_request, reply) => {
    active++;
    reply.raw.once('close', () => {
      active--;
      setImmediate(dropConnectionsWhenIdle);
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => {
    stopping.abort();
    // Not before the server has closed its listener, which happens right after this hook.
    setImmediate(dropConnectionsWhenIdle);
  });
}
