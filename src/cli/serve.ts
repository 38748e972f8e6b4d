/**
 * `batchflow serve`: a flow into a sink, the ingest service in front of it, and their orderly end.
 */
import type { FastifyInstance } from 'fastify';
import pc from 'picocolors';
import { visible } from '../describe.js';
import type { Flow } from '../flow/api/flow.js';
import { createBatchFlow } from '../flow/create.js';
import type { Schema } from '../schema/columns/schema.js';
import { accessLog } from '../server/access-log.js';
import { createIngestService } from '../server/service.js';
import { listen } from './listen.js';
import type { ServeSettings } from './serve-options.js';
import {
  accessSettings,
  flowSettings,
  reportEnd,
  reportTroubles,
  schemaFor,
  warnOfOpenDoor,
} from './sink-flow.js';
import { identityOrigin, placeOf, takerOf, targetOf } from './sink-options.js';
import { aborted, stopSignals } from './stop-signals.js';

/**
 * Serve until a signal comes, or until the demo ends.
 * @returns the exit code.
 * @throws BatchFlowError or ExpectedError when it cannot start.
 */
export async function serve(settings: ServeSettings): Promise<number> {
  const stop = stopSignals();
  const identity = settings.idempotencyKeys ? 'given' : identityOrigin(settings);
  const schema = schemaFor(settings, identity);
  const flow = await createBatchFlow(flowSettings(schema, settings, identity));
  const failure = reportTroubles(flow);
  let service: FastifyInstance | undefined;
  try {
    service = createIngestService({ flow, schema, ...serviceOptions(schema, settings) });
    const url = await listen(service, settings);
    console.log(`BatchFlow Threads takes events on ${pc.cyan(`${url}/v1/events`)}`);
    const taker = visible(takerOf(schema, settings));
    console.log(`and writes them to ${taker} in ${pc.cyan(visible(placeOf(settings)))}.`);
    console.log(`Watch it live: ${pc.cyan(`${url}/`)}\n`);
    warnOfOpenDoor(settings, 'send events');
    return await Promise.race([failure, work(url, flow, schema, settings, stop)]);
  } finally {
    await end(service, flow, settings, stop);
  }
}

function serviceOptions(schema: Schema, settings: ServeSettings) {
  const { ackTimeoutMs, maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes } = settings;
  return {
    ...accessSettings(settings),
    target: targetOf(schema, settings),
    ...{ ackTimeoutMs, maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes },
    // A stream knows the messages that it has, not their rows.
    tellDuplicates: settings.sink.kind !== 'nats',
  };
}

/** The demo, if it is wanted, and then the wait for a signal. @returns the exit code. */
async function work(
  url: string,
  flow: Flow,
  schema: Schema,
  settings: ServeSettings,
  stop: AbortSignal,
): Promise<number> {
  if (settings.demo && settings.sink.kind === 'sqlite') {
    // Loaded only here: it needs better-sqlite3 on this thread, too.
    const { runDemo } = await import('./demo/run.js');
    const agreed = await runDemo({
      ...{ url, flow, settings, stop },
      file: settings.sink.file,
      table: settings.sinkTable ?? schema.name,
    });
    if (settings.exit) return agreed === false ? 1 : 0;
  }
  if (!stop.aborted) console.log(howToGoOn(url, schema, settings));
  await aborted(stop);
  return 0;
}

/** Stop listening, let requests end, drain the ring, say what was done. */
async function end(
  service: FastifyInstance | undefined,
  flow: Flow,
  settings: ServeSettings,
  stop: AbortSignal,
): Promise<void> {
  if (stop.aborted) console.log(`${stop.reason}: no longer listening; writing what is left`);
  await service?.close();
  const report = await flow.close();
  const { committed, deadLettered, failed, undelivered } = report;
  if (committed + deadLettered + failed + undelivered > 0 || stop.aborted) reportEnd(report, settings);
}

function howToGoOn(url: string, schema: Schema, { token }: ServeSettings): string {
  const example = {
    at: new Date().toISOString(),
    method: 'GET',
    path: '/',
    status: 200,
    durationMs: 1.5,
    bytes: 512,
  };
  const columns = Object.keys(schema.columns).map((name) => `${JSON.stringify(name)}: …`);
  const command = [
    `curl '${url}/v1/events?ack=committed'`,
    ...(token === undefined ? [] : ["-H 'authorization: Bearer …'"]),
    "-H 'content-type: application/json'",
    `-d '${schema === accessLog ? JSON.stringify(example) : `{ ${columns.join(', ')} }`}'`,
  ];
  return `Send an event, and wait until it is stored:
  ${pc.cyan(visible(command.join(' ')))}
${pc.dim(`Numbers: ${url}/stats   Stop: Ctrl-C`)}`;
}
