/**
 * The live page of the ingest service.
 */
import type { FastifyInstance } from 'fastify';
import type { Target } from '../target.js';
import { type Sampled, Sampler } from './sampler.js';
import { addStreamedPage, type StreamedPageOptions } from './streamed-page.js';

export interface LiveOptions extends StreamedPageOptions {
  readonly flow: Sampled;
  /** Where rows come from, where a source brings them. */
  readonly source?: Target | undefined;
  /** Where rows go. */
  readonly target: Target | undefined;
}

export function addLivePage(app: FastifyInstance, { flow, source, target, ...options }: LiveOptions): void {
  addStreamedPage(app, 'index.html', (sampled) => new Sampler(flow, sampled, target, source), options);
}
