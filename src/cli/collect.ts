/**
 * `batchflow collect`: a collector, its service for HTTP, its listener for StatsD, and their orderly end.
 */
import { inspect } from 'node:util';
import type { FastifyInstance } from 'fastify';
import pc from 'picocolors';
import type { Collector } from '../collector/collector.js';
import { createCollector } from '../collector/create.js';
import { listenStatsd, type StatsdListener } from '../collector/statsd/index.js';
import { messageOf, visible, visibleLines } from '../describe.js';
import { createCollectService } from '../server/collect/service.js';
import { allowedName } from '../server/host-names.js';
import { backendsOf } from './backend-address.js';
import type { CollectSettings } from './collect-options.js';
import { ExpectedError } from './expected-error.js';
import { isLoopback, listen } from './listen.js';
import { count } from './number-text.js';
import { aborted, stopSignals } from './stop-signals.js';

/**
 * Collect until a signal comes.
 *
 * @returns the exit code.
 * @throws BatchFlowError or ExpectedError when it cannot start.
 */
export async function collect(settings: CollectSettings): Promise<number> {
  const stop = stopSignals('what is not counted and sent is lost');
  const collector = await createCollector(collectorSettings(settings));
  let statsd: StatsdListener | undefined;
  let service: FastifyInstance | undefined;
  try {
    statsd = await statsdOf(collector, settings);
    service = createCollectService({ collector, ...(statsd && { statsd }), ...serviceOptions(settings) });
    const url = await listen(service, settings);
    greet(url, statsd, settings);
    await aborted(stop);
    console.log(`${stop.reason}: no longer listening; counting and sending what is left`);
    return 0;
  } finally {
    await statsd?.close();
    await service?.close();
    await end(collector, stop);
  }
}

function collectorSettings(settings: CollectSettings) {
  const { name, batchSize, bufferSize, paths, maxSeries, compress = false } = settings;
  return {
    ...{ name, batchSize, bufferSize, paths, maxSeries },
    flushIntervalMs: settings.flushInterval * 1000,
    exportIntervalMs: settings.exportInterval * 1000,
    enableCompression: compress,
    // Clients of HTTP are asked to come again; those of StatsD are counted.
    onFull: 'reject' as const,
    backends: backendsOf(settings),
  };
}

function serviceOptions({ host, token, allowHost, allowOrigin, ...settings }: CollectSettings) {
  const { maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes } = settings;
  return {
    token,
    // Clients use the name that the service listens on.
    allowedHosts: allowedName(host) === undefined ? allowHost : [...allowHost, host],
    allowedOrigins: allowOrigin,
    ...{ maxLineBytes, bodyLimitBytes, clientTimeoutMs, maxBufferedBytes },
    onError: (error: unknown) => console.error(visibleLines(inspect(error))),
  };
}

async function statsdOf(
  collector: Collector,
  { statsd, statsdBuffer }: CollectSettings,
): Promise<StatsdListener | undefined> {
  if (statsd === undefined) return undefined;
  try {
    return await listenStatsd(collector, {
      ...statsd,
      ...(statsdBuffer !== undefined && { recvBufferBytes: statsdBuffer }),
      onError: (error) => console.error(pc.red(visible(`StatsD: ${error.message}`))),
    });
  } catch (cause) {
    const place = `UDP port ${statsd.port} on ${statsd.host}`;
    throw new ExpectedError(`cannot listen on ${place}: ${messageOf(cause)}; see --statsd`, { cause });
  }
}

function greet(url: string, statsd: StatsdListener | undefined, settings: CollectSettings): void {
  console.log(`BatchFlow Threads collects metric events on ${pc.cyan(`${url}/events`)}`);
  if (statsd !== undefined) {
    const host = statsd.host.includes(':') ? `[${statsd.host}]` : statsd.host;
    console.log(`and lines of StatsD on UDP ${pc.cyan(`${host}:${statsd.port}`)}`);
  }
  console.log(`Series for Prometheus: ${pc.cyan(`${url}/metrics`)}   Counts: ${pc.cyan(`${url}/stats`)}\n`);
  if (settings.token === undefined && !isLoopback(settings.host))
    console.log(
      pc.yellow(`Whoever reaches ${settings.host} can send events: --token asks them for a token.\n`),
    );
  const event = { type: 'counter', name: 'jobs_total', labels: { queue: 'mail' }, value: 1 };
  const header = settings.token === undefined ? '' : " -H 'authorization: Bearer …'";
  const command = `curl '${url}/events'${header} -H 'content-type: application/json' -d '${JSON.stringify(event)}'`;
  console.log(`Send an event:\n  ${pc.cyan(visible(command))}\n${pc.dim('Stop: Ctrl-C')}`);
}

/** Count what is left, send it, and say what was done. */
async function end(collector: Collector, stop: AbortSignal): Promise<void> {
  const { processed, dropped, failed } = await collector.close();
  if (!stop.aborted && processed + dropped + failed === 0) return;
  const losses = [
    ...(dropped > 0 ? [`${count(dropped, 'event')} dropped`] : []),
    ...(failed > 0 ? [`${count(failed, 'event')} with values that no metric can have`] : []),
  ];
  console.log([`${count(processed, 'event')} counted`, ...losses.map((loss) => pc.red(loss))].join(', '));
}
