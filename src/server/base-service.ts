/**
 * What every service has: fastify on a server of its own, admission, the token, answers to errors, and an orderly end.
 *
 * `close()` of the instance stops listening, ends bodies that are still coming with a 503, lets every other request
 * have its answer, and then drops the connections.
 */
import { setMaxListeners } from 'node:events';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { loadPeer, needPeers } from '../peer-packages.js';
import { type AdmissionOptions, admission } from './admission.js';
import { tokenCheck } from './bearer-token.js';
import { frameworkErrors, setErrorAnswers } from './error-answers.js';
import { httpServer } from './http-server.js';
import { sendAnswer } from './send-answer.js';

export interface BaseOptions extends AdmissionOptions {
  /** Receives errors that should not happen. */
  readonly onError: ((error: unknown) => void) | undefined;
}

export interface BaseService {
  readonly app: FastifyInstance;
  /** Lets a request with the token pass, or answers it. For routes that want the token. */
  readonly onRequest: onRequestAsyncHookHandler;
  /** Signal that the service shuts down. */
  readonly stopping: AbortSignal;
}

/**
 * Make a service without routes.
 *
 * @param part the service, as the first words of an error.
 * @throws PackageError when fastify or prom-client is not installed.
 */
export function baseService(part: string, options: BaseOptions): BaseService {
  needPeers(part, ['fastify', 'prom-client']);
  const { fastify } = loadPeer(part, 'fastify') as typeof import('fastify');
  const stopping = new AbortController();
  // Every request that is under way listens.
  setMaxListeners(0, stopping.signal);
  const app = fastify({
    // Requests are answered by the routes to the end, so that even then all answers look alike.
    return503OnClosing: false,
    serverFactory: httpServer,
    frameworkErrors,
    // The server has a handler of its own.
    clientErrorHandler: () => {},
  });

  // Bodies stay untouched: routes read them themselves.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  const { token } = options;
  const authorized = token === undefined ? undefined : tokenCheck(token);
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    if (authorized === undefined || authorized(request.headers.authorization)) return;
    const body = { code: 'unauthorized', message: 'send the token as "Authorization: Bearer <token>"' };
    return sendAnswer(reply, 401, body, { 'www-authenticate': 'Bearer' });
  };

  setErrorAnswers(app, options.onError);
  endInOrder(app, stopping);
  // After its hook, which counts requests: also what is refused gets its answer.
  app.addHook('onRequest', admission(options));
  return { app, onRequest, stopping: stopping.signal };
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
