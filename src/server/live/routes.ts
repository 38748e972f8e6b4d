/**
 * The routes of the live page. The page and its files are for everyone; what its stream tells may want the token.
 */
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { Target } from '../target.js';
import { page, pageFile } from './page-files.js';
import { type Sampled, Sampler } from './sampler.js';
import { LiveStreams } from './stream-route.js';

export interface LiveOptions {
  readonly flow: Sampled;
  /** Where rows go. */
  readonly target: Target | undefined;
  /** Lets a request pass, or answers it. */
  readonly onRequest: onRequestAsyncHookHandler;
  /** Ends all streams. */
  readonly stopping: AbortSignal;
}

/** Samples are taken from `listen()` until the service stops. */
export function addLivePage(app: FastifyInstance, { flow, target, onRequest, stopping }: LiveOptions): void {
  const streams = new LiveStreams();
  const sampler = new Sampler(flow, () => streams.send(), target);
  app.get('/', page('index.html'));
  app.get('/live/:file', pageFile);
  app.get('/live/stream', { onRequest, exposeHeadRoute: false }, streams.route(sampler));
  app.addHook('onListen', async () => sampler.start());
  stopping.addEventListener('abort', () => {
    sampler.stop();
    streams.end();
  });
}
