/**
 * `createCollector`: check the settings, allocate the series, start the flow that counts.
 */

import { ConfigError } from '../errors.js';
import type { Flow } from '../flow/api/flow.js';
import { createBatchFlow } from '../flow/create.js';
import { ownFile } from '../own-files.js';
import type { AggregationSettings } from './aggregation/sink.js';
import type { Collector } from './collector.js';
import { EventFlows, producersOf } from './event-flows.js';
import { definitionOf } from './events/define-metric.js';
import { checkFamilies, knownEvents } from './events/known-events.js';
import { ownGroups } from './events/own-groups.js';
import { Exporters } from './exporting/exporters.js';
import { RunningCollector } from './running-collector.js';
import type { Buckets, EventDefinition } from './series/event-definition.js';
import { createSeriesMemory, type SeriesMemory } from './series/series-memory.js';
import { type CheckedSettings, type CollectorSettings, pathsOf, settingsOf } from './settings.js';

/**
 * Create a collector of metric events. It resolves when its threads have started.
 *
 * @throws ConfigError for settings that cannot work, SinkError when a sink of events does not open.
 * @example
 * await using collector = await createCollector({ backends: [otlp({ url: 'http://127.0.0.1:4318/v1/metrics' })] });
 * collector.recordHttpRequest('GET', '/users/17', 200, 12.5);
 */
export async function createCollector(given: CollectorSettings = {}): Promise<Collector> {
  const settings = settingsOf(given);
  const paths = pathsOf(settings);
  const definitions = definitionsOf(settings);
  const memory = memoryOf(settings, definitions);
  const events = await EventFlows.create(settings, definitions);
  const options: AggregationSettings = { memory, definitions, paths, events: events.targets };
  const exporters = new Exporters({
    collector: settings.name,
    exporters: settings.backends,
    intervalMs: settings.exportIntervalMs,
    compress: settings.enableCompression,
    series: memory,
    exitGraceMs: settings.drainGraceMs,
  });
  let flow: Flow | undefined;
  try {
    flow = (await createBatchFlow({
      name: settings.name,
      schemas: definitions.map(({ schema }) => schema),
      sink: { module: ownFile('./collector/aggregation/sink.js').href, options, cells: memory.cells },
      deadLetters: false,
      flushSize: settings.batchSize,
      flushSizeOver: 'flow',
      flushIntervalMs: settings.flushIntervalMs,
      bufferSize: settings.bufferSize,
      flushers: settings.flushers,
      onFull: settings.onFull,
      blockTimeoutMs: settings.blockTimeoutMs,
      ...producersOf((settings.maxThreads + 1) * definitions.length),
      drainGraceMs: settings.drainGraceMs,
    })) as Flow;
    await exporters.start();
    return new RunningCollector(settings.name, definitions, memory, { flow, events, exporters });
  } catch (error) {
    await flow?.destroy();
    await events.destroy();
    await exporters.close({ timeoutMs: 0 });
    throw error;
  }
}

function definitionsOf({
  metrics,
  buckets,
  bucketsByMetric,
  bufferSize,
}: CheckedSettings): EventDefinition[] {
  const bucketsOf = (name: string): Buckets =>
    Object.hasOwn(bucketsByMetric, name) ? (bucketsByMetric[name] as Buckets) : buckets;
  const definitions = [
    ...knownEvents(bucketsOf),
    ...metrics.map((metric) => definitionOf(metric, bucketsOf)),
  ];
  if (bufferSize <= definitions.length)
    throw new ConfigError(
      'bufferSize',
      bufferSize,
      `more than there are types of events: ${definitions.length}`,
    );
  checkFamilies([...ownGroups, ...definitions.flatMap(({ groups }) => groups)]);
  return definitions;
}

function memoryOf(settings: CheckedSettings, definitions: readonly EventDefinition[]): SeriesMemory {
  const { flushers, maxSeries, maxMetrics, buckets, bucketsByMetric, expireAfterMs } = settings;
  return createSeriesMemory({
    flushers,
    maxSeries,
    maxMetrics,
    buckets,
    bucketsByMetric,
    expireAfterMs,
    groups: [...ownGroups, ...definitions.flatMap(({ groups }) => groups)],
    startedAt: Date.now(),
  });
}
