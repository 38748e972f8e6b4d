/**
 * The routes of the live page of the service for metric events. The page and its files are for everyone; what its
 * stream tells may want the token.
 */
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import { page, pageFile } from '../live/page-files.js';
import { LiveStreams } from '../live/stream-route.js';
import { type SampledSeries, SeriesSampler } from './series-sampler.js';

export interface CollectPageOptions {
  readonly collector: SampledSeries;
  /** Lets a request pass, or answers it. */
  readonly onRequest: onRequestAsyncHookHandler;
  /** Ends all streams. */
  readonly stopping: AbortSignal;
}

/** Samples are taken from `listen()` until the service stops. */
export function addCollectPage(
  app: FastifyInstance,
  { collector, onRequest, stopping }: CollectPageOptions,
): void {
  const streams = new LiveStreams();
  const sampler = new SeriesSampler(collector, () => streams.send());
  app.get('/', page('collect.html'));
  app.get('/live/:file', pageFile);
  app.get('/live/stream', { onRequest, exposeHeadRoute: false }, streams.route(sampler));
  app.addHook('onListen', async () => sampler.start());
  stopping.addEventListener('abort', () => {
    sampler.stop();
    streams.end();
  });
}
