/**
 * The service for metric events: events in over HTTP, into a collector.
 *
 * | route             | answer                                                                   |
 * |-------------------|--------------------------------------------------------------------------|
 * | `POST /events`    | see events-intake.ts                                                     |
 * | `GET /metrics`    | the collector's series, and counts of StatsD, as Prometheus scrapes them |
 * | `GET /monitoring` | `{ batch_metrics }`: the collector's counts, as Berry's collector has it |
 * | `GET /stats`      | `{ collector, stats, backends, statsd }`                                 |
 * | `GET /`           | the live page; its files and its event stream are below `/live/`         |
 * | `GET /healthz`    | 200 as long as the process can answer                                    |
 * | `GET /readyz`     | 200, or 503 while the service shuts down                                 |
 *
 * Host names, origins, the token and the end are those of the ingest service.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { check } from '../../options/check.js';
import { baseService } from '../base-service.js';
import { BufferBudget } from '../buffer-budget.js';
import { refusedContentType } from '../events-route.js';
import { OneAtATime } from '../one-at-a-time.js';
import { stoppingFault } from '../request-fault.js';
import { sendAnswer } from '../send-answer.js';
import { TurnShare } from '../turn-share.js';
import { eventsIntake } from './events-intake.js';
import { addCollectPage } from './live-page.js';
import { type CollectServiceOptions, collectRules } from './options.js';
import { statsdText } from './statsd-text.js';

/**
 * Make the service; `listen()` and `close()` are the instance's own.
 *
 * @throws ConfigError
 * @throws PackageError when fastify or prom-client is not installed.
 */
export function createCollectService(options: CollectServiceOptions): FastifyInstance {
  const checked = check(collectRules, options);
  const { collector, statsd, livePage, token, allowedHosts, allowedOrigins, onError, ...limits } = checked;
  const base = { token, allowedHosts, allowedOrigins, onError };
  const { app, onRequest, stopping } = baseService('the collect service', base);
  const route = eventsIntake({
    ...limits,
    ...{ recorder: collector, stopping },
    budget: new BufferBudget(limits.maxBufferedBytes),
    turns: new TurnShare(),
    largeBodies: new OneAtATime(),
  });
  app.post('/events', { onRequest, errorHandler: refusedContentType }, route);
  app.get('/metrics', { onRequest }, (_request: FastifyRequest, reply: FastifyReply) => {
    const listener = statsd === undefined ? '' : statsdText(statsd.stats());
    return reply.type(collector.contentType).send(collector.metrics() + listener);
  });
  app.get('/monitoring', { onRequest }, () => ({ batch_metrics: collector.getStats() }));
  app.get('/stats', { onRequest }, () => ({
    collector: collector.name,
    stats: collector.getStats(),
    backends: collector.backends(),
    statsd: statsd?.stats(),
  }));
  if (livePage) addCollectPage(app, { collector, onRequest, stopping });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    if (!stopping.aborted) return reply.send({ status: 'ready' });
    const { status, code, message } = stoppingFault();
    return sendAnswer(reply, status, { status: code, code, message });
  });
  return app;
}
