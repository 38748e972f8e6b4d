/**
 * The handler for express, and for all that calls handlers as connect does.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { pathOfUrl, watchResponse } from './response-watch.js';

/** What express adds to a request. Connect adds `originalUrl` alone. */
interface RoutedRequest extends IncomingMessage {
  originalUrl?: string;
  baseUrl?: string;
  route?: unknown;
}

export type ConnectHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Make the handler. It counts the requests that reach it, so it stands before all others.
 *
 * @throws ConfigError
 * @example
 * app.use(connectMetrics(collector));
 */
export function connectMetrics(recorder: Recorder): ConnectHandler {
  recorderRule.check(recorder, 'recorder');
  return (request, response, next) => {
    const matched = noteRoute(request);
    watchResponse(recorder, request, response, () => {
      const { originalUrl, url } = request as RoutedRequest;
      return matched.path ?? pathOfUrl(originalUrl ?? url);
    });
    next();
  };
}

/** What is known of the routes of requests. */
const matchedBy = new WeakMap<IncomingMessage, { path?: string }>();

/**
 * Note the template of a route as express finds it. Later its first part is gone: express takes `baseUrl` back when a
 * router is left, as it is for an error.
 */
function noteRoute(request: RoutedRequest): { readonly path?: string } {
  const known = matchedBy.get(request);
  if (known !== undefined) return known;
  const matched: { path?: string } = {};
  matchedBy.set(request, matched);
  let { route } = request;
  Object.defineProperty(request, 'route', {
    ...{ configurable: true, enumerable: true },
    get: () => route,
    set: (found: { readonly path?: unknown } | undefined) => {
      route = found;
      if (found?.path !== undefined) matched.path = templateOf(request.baseUrl ?? '', found.path);
    },
  });
  return matched;
}

/**
 * @param base where the router is mounted.
 * @param path a text, a regular expression, or a list of them.
 */
function templateOf(base: string, path: unknown): string {
  // The root of a router at /users is /users.
  return (path === '/' && base) || `${base}${path}`;
}
