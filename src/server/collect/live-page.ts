/**
 * The live page of the service for metric events.
 */
import type { FastifyInstance } from 'fastify';
import { addStreamedPage, type StreamedPageOptions } from '../live/streamed-page.js';
import { type SampledSeries, SeriesSampler } from './series-sampler.js';

export interface CollectPageOptions extends StreamedPageOptions {
  readonly collector: SampledSeries;
}

export function addCollectPage(app: FastifyInstance, { collector, ...options }: CollectPageOptions): void {
  addStreamedPage(app, 'collect.html', (sampled) => new SeriesSampler(collector, sampled), options);
}
