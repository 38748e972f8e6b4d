/**
 * The scene of one check of a source: an outside, and flows that read it one after the other into sinks in memory.
 */
import type { Flow } from '../../flow/api/flow.js';
import type { FlowSettings } from '../../flow/api/settings.js';
import { createBatchFlow } from '../../flow/create.js';
import { deadLetterSchema } from '../../flow/delivery/dead-letter.js';
import type { SourceRef } from '../../source.js';
import { ConformanceError } from '../broken-contract.js';
import { type MemorySink, memorySink } from '../memory/memory-sink.js';
import type { Row } from '../options.js';
import { keyOf } from '../schemas.js';
import { plainRows } from '../values.js';
import type { SourceCheck } from './checks.js';
import type { Outside, SourceSettings } from './options.js';

/** So many looks in a row that see no new row, 2 ms apart: the source rests. */
const looksOfRest = 50;

/** A flow with the source, and where its rows go. */
export interface Reading {
  readonly flow: Flow;
  readonly memory: MemorySink;
  readonly letters: MemorySink;
}

export class Scene {
  readonly #flows: Flow[] = [];

  constructor(
    readonly settings: SourceSettings,
    private readonly check: SourceCheck,
    readonly outside: Outside,
  ) {}

  /** Events that any source can bring, from the n-th on. */
  events(count: number, from = 0): Row[] {
    return plainRows(this.settings.schema, count, from);
  }

  /** @param held whether the sink waits from the first batch on. */
  async read(
    held: boolean,
    settings: FlowSettings = {},
    source: SourceRef = this.outside.source,
  ): Promise<Reading> {
    const memory = memorySink();
    const letters = memorySink();
    if (held) memory.hold();
    const { schema } = this.settings;
    const flow = await createBatchFlow({
      ...{ schema, sink: memory.sink, deadLetters: letters.sink, source },
      ...{ flushSize: 8, bufferSize: 2048, flushIntervalMs: 10, ...settings },
    });
    this.#flows.push(flow as Flow);
    flow.on('sourceError', () => {});
    return { flow: flow as Flow, memory, letters };
  }

  /** How many events will not come again; undefined where the outside does not say. */
  async acknowledged(): Promise<number | undefined> {
    return this.outside.acknowledged?.();
  }

  /** Wait until the outside has so many events acknowledged, if it says that, and no unit is under way. */
  async untilAcknowledged({ flow, memory }: Reading, events: number): Promise<void> {
    let known: number | undefined;
    const inFlight = () => flow.stats().source?.inFlight ?? 0;
    await this.#until(memory, async () => {
      known = await this.acknowledged();
      return (known ?? events) === events && inFlight() === 0;
    }).catch(() => {
      throw this.broken(`${known ?? '?'} of ${events} events acknowledged, ${inFlight()} units under way`);
    });
  }

  /** Wait until these events have been stored, each at least once. */
  async untilStored({ memory }: Reading, events: readonly Row[], known: readonly Row[] = []): Promise<void> {
    const key = keyOf(this.settings.schema);
    const missing = () => {
      const found = new Set([...known, ...this.rows(memory)].map((row) => String(row[key])));
      return events.filter((row) => !found.has(String(row[key])));
    };
    await this.#until(
      memory,
      async () => memory.stored + known.length >= events.length && missing().length === 0,
    ).catch(() => {
      const [first] = missing();
      throw this.broken(
        `${missing().length} of ${events.length} events are missing, first ${String(first?.[key])}`,
      );
    });
  }

  /** Wait until no more rows come: the source waits for room, or has no more. */
  async untilItWaits({ flow, memory }: Reading): Promise<void> {
    let accepted = 0;
    let looks = 0;
    await this.#until(memory, async () => {
      const now = flow.stats().accepted;
      looks = now === accepted ? looks + 1 : 0;
      accepted = now;
      return looks >= looksOfRest;
    });
  }

  rows(memory: MemorySink): Row[] {
    return memory.rows(this.settings.schema) as Row[];
  }

  /** How many inputs are dead letters. */
  letters({ letters }: Reading): number {
    return letters.rows(deadLetterSchema).length;
  }

  /** Wait for a condition of a flow's sink. */
  async until({ memory }: Reading, condition: () => boolean, seen: () => string): Promise<void> {
    await this.#until(memory, async () => condition()).catch(() => {
      throw this.broken(seen());
    });
  }

  broken(seen: string, cause?: unknown): ConformanceError {
    const { asks, section } = this.check;
    return new ConformanceError(asks, seen, section, { cause }, 'source');
  }

  async end(): Promise<void> {
    for (const flow of this.#flows) await flow.destroy();
    await this.outside.end?.();
  }

  async #until(memory: MemorySink, condition: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + this.settings.timeLimitMs;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error('it did not come true');
      // Turns the event loop, for 2 ms at least.
      let looked = false;
      await memory.until(() => {
        const before = looked;
        looked = true;
        return before;
      });
    }
  }
}
