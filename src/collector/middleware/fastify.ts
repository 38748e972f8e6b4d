/**
 * The plugin for fastify: records each request under the template of its route.
 */
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { check, type RulesFor } from '../../options/check.js';
import { text } from '../../options/rules.js';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { watchResponse } from './response-watch.js';

export interface FastifyMetricsOptions {
  /** The path of all requests that no route takes. Default `unmatched`. */
  unmatched?: string | undefined;
}

const rules = { unmatched: text().default('unmatched') } satisfies RulesFor<FastifyMetricsOptions>;

/**
 * Make the plugin. It counts requests of all routes of the instance that registers it, and of the plugins in it.
 *
 * @throws ConfigError
 * @example
 * app.register(fastifyMetrics(collector));
 */
export function fastifyMetrics(
  recorder: Recorder,
  options: FastifyMetricsOptions = {},
): FastifyPluginCallback {
  recorderRule.check(recorder, 'recorder');
  const { unmatched } = check(rules, options);
  const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const pathOf = () => (request.is404 ? unmatched : (request.routeOptions.url ?? unmatched));
    watchResponse(recorder, request.raw, reply.raw, pathOf);
    done();
  };
  const plugin = (app: FastifyInstance, _options: object, done: () => void) => {
    app.addHook('onRequest', onRequest);
    done();
  };
  // Without a scope of its own, as fastify-plugin does it: routes beside the plugin are counted, too.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'batchflow-metrics',
  });
}
