/**
 * A collector that runs: the recorder of the creating thread, the flow that counts, the flows of events.
 */
import type { Flow } from '../flow/api/flow.js';
import type { FlowStats } from '../metrics/read/stats.js';
import { exposition, expositionType } from './backends/exposition.js';
import type { Collector, CollectorCloseOptions, CollectorHandle } from './collector.js';
import { CollectorStats } from './collector-stats.js';
import type { EventFlows } from './event-flows.js';
import { EventRecorder } from './event-recorder.js';
import { rejectedEvents } from './events/own-groups.js';
import type { ExporterStatus, Exporters } from './exporting/exporters.js';
import { ownTotals } from './own-totals.js';
import type { EventDefinition } from './series/event-definition.js';
import type { SeriesMemory } from './series/series-memory.js';
import { SeriesReader } from './series/series-reader.js';
import type { Snapshot } from './series/snapshot.js';

/** What works beside the recorder. */
export interface CollectorParts {
  readonly flow: Flow;
  readonly events: EventFlows;
  readonly exporters: Exporters;
}

export class RunningCollector extends EventRecorder implements Collector {
  readonly contentType = expositionType;
  readonly #reader: SeriesReader;
  readonly #types: readonly string[];
  readonly #startedAt: number;
  readonly #parts: CollectorParts;
  /** As `getStats` has said last. */
  #processed = 0;

  constructor(
    readonly name: string,
    definitions: readonly EventDefinition[],
    memory: SeriesMemory,
    parts: CollectorParts,
  ) {
    const types = definitions.map(({ schema }) => schema.name);
    super((schema) => parts.flow.producer(schema) as never, types);
    this.#types = types;
    this.#startedAt = memory.startedAt;
    this.#parts = parts;
    this.#reader = new SeriesReader(memory);
  }

  getStats(): CollectorStats {
    const stats = this.#parts.flow.stats();
    // A batch's rejected events are counted shortly before its rows are: until then there may seem to be too many.
    this.#processed = Math.max(this.#processed, stats.committed - this.#reader.total(rejectedEvents));
    const failed = stats.committed - this.#processed;
    const lost = Object.entries(stats.dropped).reduce((sum, [, rows]) => sum + rows, 0) + stats.deadLettered;
    const { failed: givenUp = 0 } = stats.dropped;
    const lastFlushAt = this.#reader.lastFlushAt || this.#startedAt;
    return new CollectorStats(
      stats.accepted + stats.rejected + this.late,
      this.#processed,
      lost - givenUp + stats.rejected + this.late,
      failed + givenUp,
      stats.pending,
      Object.values(stats.batches).reduce((sum, batches) => sum + batches, 0),
      new Date(lastFlushAt),
      Math.max(Date.now() - lastFlushAt, 0),
    );
  }

  backends(): readonly ExporterStatus[] {
    return this.#parts.exporters.status();
  }

  eventStats(): readonly FlowStats[] {
    return this.#parts.events.stats();
  }

  snapshot(): Snapshot {
    const snapshot = this.#reader.read(Date.now());
    return { ...snapshot, families: [...ownTotals(this.getStats(), snapshot.at), ...snapshot.families] };
  }

  metrics(): string {
    return exposition(this.snapshot());
  }

  handle(): CollectorHandle {
    return { '~collector': { flow: this.#parts.flow.handle(), types: this.#types } };
  }

  async flush(): Promise<void> {
    await this.#parts.flow.flush();
  }

  async close({ timeoutMs }: CollectorCloseOptions = {}): Promise<CollectorStats> {
    const until = performance.now() + (timeoutMs ?? 0);
    const limit = () =>
      timeoutMs === undefined ? {} : { timeoutMs: Math.max(until - performance.now(), 1) };
    const { flow, events, exporters } = this.#parts;
    const [counted] = await Promise.allSettled([flow.close(limit())]);
    // What the last batch has counted is sent, too, whatever became of the others.
    const others = await Promise.allSettled([exporters.close(limit()), events.close(limit())]);
    for (const outcome of [counted, ...others]) if (outcome.status === 'rejected') throw outcome.reason;
    return this.getStats();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
