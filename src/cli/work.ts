/**
 * `batchflow work`: a flow from a source into a sink, the service that shows it, and their orderly end.
 */
import type { FastifyInstance } from 'fastify';
import pc from 'picocolors';
import { visible } from '../describe.js';
import type { Flow } from '../flow/api/flow.js';
import { createBatchFlow } from '../flow/create.js';
import { createWorkerService } from '../server/worker-service.js';
import { listen } from './listen.js';
import {
  accessSettings,
  flowSettings,
  reportEnd,
  reportTroubles,
  schemaFor,
  warnOfOpenDoor,
} from './sink-flow.js';
import { passesIdentities, placeOf, takerOf, targetOf } from './sink-options.js';
import { aborted, stopSignals } from './stop-signals.js';
import type { WorkSettings } from './work-options.js';

/**
 * Work until a signal comes, or until the source has no more.
 *
 * @returns the exit code.
 * @throws BatchFlowError or ExpectedError when it cannot start, or the flow fails.
 */
export async function work(settings: WorkSettings): Promise<number> {
  const stop = stopSignals('what is not committed comes again');
  const identity = passesIdentities(settings);
  const schema = schemaFor(settings, identity);
  const target = targetOf(schema, settings);
  const source = settings.source.sourceFor([target.scheme, target.table].filter(Boolean).join('_'));
  const flow = await createBatchFlow({ ...flowSettings(schema, settings, identity), source: source.make() });
  const failure = reportTroubles(flow);
  let service: FastifyInstance | undefined;
  try {
    service = createWorkerService({ flow, source: source.place, target, ...accessSettings(settings) });
    const url = await listen(service, settings);
    console.log(`BatchFlow Threads takes events from ${pc.cyan(visible(source.shown))}`);
    const taker = visible(takerOf(schema, settings));
    console.log(`and writes them to ${taker} in ${pc.cyan(visible(placeOf(settings)))}.`);
    console.log(`Watch it live: ${pc.cyan(`${url}/`)}\n`);
    warnOfOpenDoor(settings, 'read its numbers');
    await Promise.race([failure, aborted(stop), exhausted(flow)]);
    return 0;
  } finally {
    await end(service, flow, settings, stop);
  }
}

/** Resolves when the source has no more. */
async function exhausted(flow: Flow): Promise<void> {
  // A flow that has failed says why elsewhere.
  if (!(await flow.sourceEnded)) await new Promise(() => {});
  console.log('The source has no more.');
}

/** Take no more, deliver what is under way, hand the rest back, say what was done. */
async function end(
  service: FastifyInstance | undefined,
  flow: Flow,
  settings: WorkSettings,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) console.log(`${stop.reason}: taking no more; delivering what is under way`);
  try {
    const report = await flow.close({ timeoutMs: settings.drainTimeoutMs });
    reportEnd(report, settings, flow.stats().source);
  } finally {
    // Last, so that its numbers show the end of the flow.
    await service?.close();
  }
}
