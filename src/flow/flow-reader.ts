/**
 * Reads what a flow counts and measures, and what is in force: its settings, its statistics, its ring, its metrics. All
 * of it is in shared memory, except the metrics that sinks have registered themselves.
 */
import { MeterReader } from '../metrics/cells/meters.js';
import { unnamedTarget } from '../metrics/cells/operations.js';
import { Refusals } from '../metrics/cells/refusals.js';
import type { FlowMetrics } from '../metrics/read/flow-metrics.js';
import { SinkMetrics } from '../metrics/read/sink-metrics.js';
import {
  type CircuitState,
  type DeadLetterState,
  type FlowStats,
  type Lateness,
  type RingUsage,
  StatsReader,
} from '../metrics/read/stats.js';
import { Places } from '../permits/places.js';
import { Progress } from '../ring/progress.js';
import type { CurrentSettings } from './api/settings.js';
import { currentSettings } from './config/current-settings.js';
import type { FlowOptions } from './config/resolve.js';
import { clockOf } from './shared/flow-clock.js';
import type { FlowMemory } from './shared/flow-memory.js';
import type { FlowSchemas } from './shared/flow-schemas.js';
import { LiveSettings } from './shared/live-settings.js';
import { cellsOf, meterSets } from './shared/shared-flow.js';

/** What only the creating thread knows. */
export interface Here {
  /** Rows that its producers have accepted and not published. */
  readonly unpublished: number;
  /** The threads are gone. */
  readonly ended: boolean;
  /** Failures that `errors()` had no place for. */
  readonly errorsDropped: number;
  /** What has become of events for the observer and the logger. */
  readonly observed: FlowMetrics['observed'];
}

export class FlowReader {
  /** What flushers have sent of their sinks' own metrics. */
  readonly sink: SinkMetrics;
  readonly #stats: StatsReader;
  readonly #meters: MeterReader;
  readonly #refusals: Refusals;
  readonly #progress: readonly Progress[];
  readonly #live: LiveSettings;
  readonly #clock: () => number;

  constructor(
    private readonly shards: FlowMemory['shards'],
    private readonly schemas: FlowSchemas,
    private readonly options: FlowOptions,
    private readonly here: () => Here,
  ) {
    const hasSource = options.source !== undefined;
    this.#stats = new StatsReader(
      shards.map((shared) => cellsOf(shared, 'counters')),
      hasSource,
    );
    this.#meters = new MeterReader(
      shards.map((shared) => cellsOf(shared, 'meters')),
      meterSets(shards[0]),
      options.dedupe !== undefined,
    );
    this.#refusals = new Refusals(shards[0].refusals);
    this.#progress = shards.map(({ ring }) => new Progress(ring));
    this.#live = new LiveSettings(shards[0].settings);
    this.#clock = clockOf(shards[0]);
    this.sink = new SinkMetrics(shards[0].name);
  }

  settings(): CurrentSettings {
    const { shards, options } = this;
    const { flushSize, flushIntervalMs } = this.#liveSettings();
    const [{ ring, maxProducers: slots }] = shards;
    const schemas = this.schemas.all;
    // Beside the flow's own, and those of its source.
    const maxProducers = Math.min(options.maxProducers, slots - 1);
    const bufferBytes = ring.buffer.byteLength * shards.length;
    return currentSettings(options, { flushSize, flushIntervalMs, bufferBytes, maxProducers, schemas });
  }

  stats(): FlowStats {
    const { unpublished, ended, errorsDropped } = this.here();
    return this.#stats.read(unpublished, ended, errorsDropped);
  }

  ring(): RingUsage {
    const { length } = this.shards;
    const { ring, rowsPerBlock, highWatermark } = this.shards[0];
    const blocks = ring.blocks * length;
    const blockBytes = ring.blockBytes + ring.extentBytes;
    const capacity = blocks * rowsPerBlock;
    const usage = { rows: 0, freeBlocks: 0, sealedBlocks: 0 };
    for (const progress of this.#progress) {
      const { rows, freeBlocks, sealedBlocks } = progress.usage();
      usage.rows += rows;
      usage.freeBlocks += freeBlocks;
      usage.sealedBlocks += sealedBlocks;
    }
    const most = highWatermark === undefined ? capacity : highWatermark * length;
    return { blocks, blockBytes, capacity, highWatermark: most, ...usage };
  }

  lateness(): Lateness {
    const { count, sum } = this.#meters.flushers().lateness;
    return { count, meanMs: count === 0 ? 0 : (sum / count) * 1000, maxMs: this.#stats.lateMaxMs() };
  }

  circuit(): CircuitState {
    return this.#stats.circuit();
  }

  deadLetters(): DeadLetterState {
    return this.#stats.anyUnkept() ? 'failing' : 'ok';
  }

  metrics(): FlowMetrics {
    const { flushers, maxConcurrentFlushes, sink } = this.options;
    const names = this.#meterNames();
    const { limit } = this.shards[0];
    const stats = this.stats();
    const total = this.#flushers();
    return {
      stats,
      ring: this.ring(),
      circuit: this.circuit(),
      live: this.#liveSettings(),
      enqueue: this.#meters.enqueue(),
      total,
      flushers: Array.from({ length: flushers }, (_, i) => this.#flushers(i)),
      // Of one schema the sum of all is its own.
      schemas: names.map((name, i) => ({
        ...(names.length === 1 ? total : this.#meters.schema(i)),
        name,
      })),
      submitRejected: { full: stats.rejected, ...this.#refusals.read() },
      target: sink?.target ?? unnamedTarget,
      observed: this.here().observed,
      concurrency: Math.min(flushers * maxConcurrentFlushes, limit?.permits ?? Number.POSITIVE_INFINITY),
      limit: limit && { permits: limit.permits, ...new Places(limit).usage() },
      sink: this.sink.read(this.#clock()),
    };
  }

  /** What each set of meters is of. */
  #meterNames(): readonly string[] {
    const [{ schemas }] = this.shards;
    const names = schemas.map(({ name }) => name);
    return this.schemas.all.length === schemas.length ? names : [...names, '(added)'];
  }

  #liveSettings(): FlowMetrics['live'] {
    const { flushSize, flushIntervalMs } = this.#live;
    return { flushSize, flushIntervalMs };
  }

  /** @param flusher from 0; undefined for all together. */
  #flushers(flusher?: number): FlowMetrics['total'] {
    return { ...this.#meters.flushers(flusher), ...this.#stats.flushers(flusher) };
  }
}
