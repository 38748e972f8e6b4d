/**
 * The service of a worker: shows a flow that a source feeds, and takes no events. Its routes are in flow-routes.ts.
 *
 * Requests under an unknown host name and of other origins' web pages get no further than admission.ts. The end is that
 * of base-service.ts.
 */
import type { FastifyInstance } from 'fastify';
import { check, type RulesFor } from '../options/check.js';
import { baseService } from './base-service.js';
import { addFlowRoutes } from './flow-routes.js';
import { type IngestServiceOptions, serviceRules } from './service-options.js';
import { type Target, targetRule } from './target.js';

export interface WorkerServiceOptions
  extends Pick<
    IngestServiceOptions,
    'flow' | 'token' | 'allowedHosts' | 'allowedOrigins' | 'target' | 'livePage' | 'onError'
  > {
  /** Where rows come from, shown by the live page and `/stats`. Not needed for anything else. */
  source?: Target | undefined;
}

const { flow, token, allowedHosts, allowedOrigins, target, livePage, onError } = serviceRules;

export const workerRules = {
  ...{ flow, token, allowedHosts, allowedOrigins, target, livePage, onError },
  source: targetRule.optional(),
} satisfies RulesFor<WorkerServiceOptions>;

/**
 * Make the service; `listen()` and `close()` are the instance's own, and more routes can be added.
 *
 * @throws ConfigError
 * @throws PackageError when fastify or prom-client is not installed.
 * @example
 * const service = createWorkerService({ flow });
 * await service.listen({ port: 8081, host: '127.0.0.1' });
 * // later: the service last, so that it shows the end of the flow
 * await flow.close({ timeoutMs: 10_000 });
 * await service.close();
 */
export function createWorkerService(options: WorkerServiceOptions): FastifyInstance {
  const { flow, source, target, livePage, ...base } = check(workerRules, options);
  const service = baseService('the worker service', base);
  addFlowRoutes(service, { flow, source, target, livePage });
  return service.app;
}
