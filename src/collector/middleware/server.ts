/**
 * The hook of a plain `http.Server`: records its requests and its upgrades, whatever handles them.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { check, type RulesFor } from '../../options/check.js';
import { callback } from '../../options/rules.js';
import type { Recorder } from '../api/recorder.js';
import { recorderRule } from '../api/recorder-rule.js';
import { nameFor } from './name-for.js';
import { isNew, pathOfUrl, watchResponse } from './response-watch.js';
import { recordUpgrade } from './upgrade-watch.js';

export interface ObserveServerOptions {
  /**
   * The template of a request's route, called when its response has ended. Without one, and where it returns
   * undefined or throws, the path is that of the URL, without its query.
   */
  route?: ((request: IncomingMessage) => string | undefined) | undefined;
}

const rules = {
  route: callback<(request: IncomingMessage) => string | undefined>('a function of a request').optional(),
} satisfies RulesFor<ObserveServerOptions>;

/**
 * Count the requests of a server from now on. Bytes that are no HTTP are no requests.
 *
 * @param server also one of `node:https`.
 * @returns a function that ends it.
 * @throws ConfigError
 */
export function observeServer(
  server: Server,
  recorder: Recorder,
  options: ObserveServerOptions = {},
): () => void {
  recorderRule.check(recorder, 'recorder');
  const { route } = check(rules, options);
  const pathOf = (request: IncomingMessage) => () => nameFor(route, request, pathOfUrl(request.url));
  const { emit } = server;
  const isOwn = Object.hasOwn(server, 'emit');
  // A listener of its own would change what the server does: one for `upgrade` or `checkContinue` takes them over.
  const observed: Server['emit'] = function (this: Server, event: string | symbol, ...args: unknown[]) {
    const [request, other] = args as [IncomingMessage, ServerResponse | Duplex];
    if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation')
      watchResponse(recorder, request, other as ServerResponse, pathOf(request));
    else if ((event === 'upgrade' || event === 'connect') && isNew(recorder, request))
      recordUpgrade(recorder, request, other as Duplex, pathOf(request));
    return Reflect.apply(emit, this, [event, ...args]);
  };
  server.emit = observed;
  return () => {
    if (server.emit !== observed) return;
    if (isOwn) server.emit = emit;
    else Reflect.deleteProperty(server, 'emit');
  };
}
