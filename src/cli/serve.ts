/**
 * `batchflow serve`: a flow into a database, the ingest service in front of it, and their orderly end.
 */
import { inspect } from 'node:util';
import type { FastifyInstance } from 'fastify';
import pc from 'picocolors';
import { messageOf, visible, visibleLines } from '../describe.js';
import { FlowFailedError } from '../errors.js';
import type { Flow } from '../flow/api/flow.js';
import { createBatchFlow } from '../flow/create.js';
import type { Schema } from '../schema/columns/schema.js';
import { accessLog } from '../server/access-log.js';
import { allowedName } from '../server/host-names.js';
import { loadSchemaFile } from '../server/schema-file.js';
import { createIngestService } from '../server/service.js';
import { deadLetterFile, sqliteDeadLetters } from '../sinks/sqlite/dead-letters.js';
import { defaultLetterFile } from './dead-letters/settings.js';
import { flowControls } from './flow-controls.js';
import { isLoopback, listen } from './listen.js';
import { count } from './number-text.js';
import type { ServeSettings } from './serve-options.js';
import { identityOrigin, placeOf, sinkFor, takerOf, targetOf } from './sink-options.js';
import { checkSizes } from './sizes.js';
import { aborted, stopSignals } from './stop-signals.js';

/**
 * Serve until a signal comes, or until the demo ends.
 * @returns the exit code.
 * @throws BatchFlowError or ExpectedError when it cannot start.
 */
export async function serve(settings: ServeSettings): Promise<number> {
  const stop = stopSignals();
  const schema: Schema = settings.schema === undefined ? accessLog : loadSchemaFile(settings.schema);
  checkSizes(schema, settings);
  const flow = await createBatchFlow({ schema, ...flowSettings(schema, settings) });
  const failure = reportTroubles(flow);
  let service: FastifyInstance | undefined;
  try {
    service = createIngestService({ flow, schema, ...serviceOptions(schema, settings) });
    const url = await listen(service, settings);
    console.log(`BatchFlow Threads takes events on ${pc.cyan(`${url}/v1/events`)}`);
    const taker = visible(takerOf(schema, settings));
    console.log(`and writes them to ${taker} in ${pc.cyan(visible(placeOf(settings)))}.`);
    console.log(`Watch it live: ${pc.cyan(`${url}/`)}\n`);
    if (settings.token === undefined && !isLoopback(settings.host)) {
      console.log(
        pc.yellow(`Whoever reaches ${settings.host} can send events: --token asks them for a token.\n`),
      );
    }
    return await Promise.race([failure, work(url, flow, schema, settings, stop)]);
  } finally {
    await end(service, flow, settings, stop);
  }
}

function flowSettings(schema: Schema, settings: ServeSettings) {
  const { flushSize, flushIntervalMs, flushMode, flushers } = settings;
  const { busyTimeoutMs, maxAttempts, bufferSize, blockTextBytes } = settings;
  const sink = sinkFor(settings, {
    ...{ schema: schema.name, createTable: true, requireServer: false, busyTimeoutMs },
  });
  return {
    ...{ flushSize, flushIntervalMs, flushMode, flushers, identity: identityOrigin(settings) },
    ...(bufferSize !== undefined && { bufferSize }),
    ...(blockTextBytes !== undefined && { blockTextBytes }),
    ...flowControls(settings),
    sink,
    deadLetters: sqliteDeadLetters({ file: letterFile(settings), busyTimeoutMs }),
    retry: { maxAttempts },
  };
}

/** The file of the rows that are given up. */
function letterFile({ deadLetters, sink }: ServeSettings): string {
  return deadLetters ?? (sink.kind === 'sqlite' ? deadLetterFile(sink.file) : defaultLetterFile);
}

function serviceOptions(
  schema: Schema,
  { host, token, allowHost, allowOrigin, ...settings }: Omit<ServeSettings, 'port'>,
) {
  const { ackTimeoutMs, maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes } = settings;
  return {
    token,
    target: targetOf(schema, settings),
    // Clients use the name that the service listens on.
    allowedHosts: allowedName(host) === undefined ? allowHost : [...allowHost, host],
    allowedOrigins: allowOrigin,
    ...{ ackTimeoutMs, maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes },
    onError,
  };
}

/** Say what should not happen. */
function onError(error: unknown): void {
  console.error(visibleLines(inspect(error)));
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

/** Say what goes wrong as it goes wrong. @returns rejects when the flow has failed for good. */
function reportTroubles(flow: Flow): Promise<never> {
  flow.on('flushError', (error) => console.error(pc.red(error.message)));
  const failure = new Promise<never>((_, reject) => {
    flow.on('flusherExit', ({ flusher, error, redelivered }) => {
      const again = `${count(redelivered, 'row')} will be delivered again`;
      console.error(pc.red(`flusher ${flusher} ended: ${visible(messageOf(error))}; ${again}`));
      // A flow that starts no other flusher says so to whoever waits for one.
      flow.flush().catch((cause) => cause instanceof FlowFailedError && reject(cause));
    });
  });
  // It may come while nobody waits for it.
  failure.catch(() => {});
  return failure;
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
  const { committed, deadLettered, failed, undelivered } = await flow.close();
  const lost = failed + undelivered;
  if (committed > 0 || deadLettered > 0 || lost > 0 || stop.aborted) {
    const letters = deadLettered > 0 ? `, ${count(deadLettered, 'row')} kept as dead letters` : '';
    const losses = lost > 0 ? pc.red(`, ${count(lost, 'row')} lost`) : '';
    console.log(`${count(committed, 'row')} committed to ${visible(placeOf(settings))}${letters}${losses}`);
    if (deadLettered > 0) {
      console.log(visible(`Look at them: batchflow dead-letters list --file ${letterFile(settings)}`));
    }
  }
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
