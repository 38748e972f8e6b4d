/**
 * The routes of a live page: the page and its files, which are for everyone, and the stream of its samples, which may
 * want the token.
 */
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { SampleSource } from './live-client.js';
import { page, pageFile } from './page-files.js';
import { LiveStreams } from './stream-route.js';

export interface StreamedPageOptions {
  /** Lets a request pass, or answers it. */
  readonly onRequest: onRequestAsyncHookHandler;
  /** Ends all streams. */
  readonly stopping: AbortSignal;
}

/** What takes samples from its start to its stop. */
interface PageSampler extends SampleSource {
  start(): void;
  stop(): void;
}

/**
 * Samples are taken from `listen()` until the service stops.
 *
 * @param file the page.
 * @param samplerOf makes the sampler, which calls `sampled` after each sample.
 */
export function addStreamedPage(
  app: FastifyInstance,
  file: Parameters<typeof page>[0],
  samplerOf: (sampled: () => void) => PageSampler,
  { onRequest, stopping }: StreamedPageOptions,
): void {
  const streams = new LiveStreams();
  const sampler = samplerOf(() => streams.send());
  app.get('/', page(file));
  app.get('/live/:file', pageFile);
  app.get('/live/stream', { onRequest, exposeHeadRoute: false }, streams.route(sampler));
  app.addHook('onListen', async () => sampler.start());
  stopping.addEventListener('abort', () => {
    sampler.stop();
    streams.end();
  });
}
