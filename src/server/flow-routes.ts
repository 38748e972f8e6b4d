/**
 * The routes that show a flow: its health, its numbers, its live page. Services with a flow have them in common.
 *
 * | route          | answer                                                                         |
 * |----------------|--------------------------------------------------------------------------------|
 * | `GET /healthz` | 200 as long as the process can answer                                          |
 * | `GET /readyz`  | 200, or 503 and why; see readiness.ts                                          |
 * | `GET /stats`   | `{ stats, ring, lateness, circuit, deadLetters, source, target }` of the flow  |
 * | `GET /metrics` | see metrics-route.ts                                                           |
 * | `GET /`        | the live page; its files and its event stream are below `/live/`               |
 */
import type { Flow } from '../flow/api/flow.js';
import type { Schema } from '../schema/columns/schema.js';
import type { BaseService } from './base-service.js';
import { addLivePage } from './live/routes.js';
import { metricsRoute } from './metrics-route.js';
import { readiness } from './readiness.js';
import type { SeenLines } from './seen-lines.js';
import type { Target } from './target.js';

export interface ShownFlow {
  readonly flow: Flow<Schema>;
  /** Where rows come from; undefined where clients send them. */
  readonly source?: Target | undefined;
  /** Where rows go. */
  readonly target: Target | undefined;
  readonly livePage: boolean;
  /** Lines of idempotency keys; undefined where the service takes none. */
  readonly seen?: SeenLines | undefined;
}

export function addFlowRoutes(
  service: BaseService,
  { flow, source, target, livePage, seen }: ShownFlow,
): void {
  const { app, onRequest, stopping } = service;
  app.get('/stats', { onRequest }, () => ({
    stats: flow.stats(),
    ring: flow.ring(),
    lateness: flow.lateness(),
    circuit: flow.circuit(),
    deadLetters: flow.deadLetters(),
    source,
    target,
    ...(seen && { idempotency: { mismatches: seen.mismatches } }),
  }));
  app.get('/metrics', { onRequest }, metricsRoute(flow, seen));
  if (livePage) addLivePage(app, { flow, source, target, onRequest, stopping });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { code, body } = await readiness(flow, stopping.aborted);
    return reply.code(code).send(body);
  });
}
