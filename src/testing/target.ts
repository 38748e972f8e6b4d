/**
 * A sink and its target under one check: opened, written to, read back, and closed at the check's end.
 */
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../describe.js';
import type { Flow } from '../flow/api/flow.js';
import type { FlowSettings } from '../flow/api/settings.js';
import { createBatchFlow } from '../flow/create.js';
import { within } from '../flow/waiting/within.js';
import type { Schema } from '../schema/columns/schema.js';
import type { SinkRef } from '../sink.js';
import { ConformanceError } from './broken-contract.js';
import type { BoundCheck } from './checks/check.js';
import { compare } from './compare.js';
import { DrivenSink } from './driven-sink.js';
import { type MemorySink, memorySink } from './memory/memory-sink.js';
import type { Row, Settings, Undo } from './options.js';
import { ownSchema } from './schemas.js';

/** A flow into the sink, and the dead letters that it gave up. */
export interface CheckedFlow {
  readonly flow: Flow;
  readonly letters: MemorySink;
}

/** How long a write may go on after its signal has aborted. */
export const abortLimitMs = 2000;

export class Target {
  readonly #ends: Undo[] = [];

  constructor(
    readonly settings: Settings,
    private readonly check: Pick<BoundCheck, 'name' | 'asks' | 'section'>,
  ) {}

  /** The error of this check. @param seen what the sink did. */
  broken(seen: string, cause?: unknown): ConformanceError {
    return new ConformanceError(this.check.asks, seen, this.check.section, { cause });
  }

  /** A schema of this check alone. */
  schema(base: Schema = this.settings.plain): Schema {
    return ownSchema(base, this.check.name);
  }

  async ref(schema: Schema): Promise<SinkRef> {
    const { sink } = this.settings;
    return typeof sink === 'function' ? await sink(schema) : sink;
  }

  /** The sink, opened for a schema and not yet prepared for it. */
  async open(schema: Schema, flusher = 1, known: readonly Schema[] = [schema]): Promise<DrivenSink> {
    const sink = await this.load(schema, flusher);
    await sink.open(known);
    return sink;
  }

  /** The sink, loaded alone. */
  async load(schema: Schema, flusher = 1): Promise<DrivenSink> {
    const sink = await DrivenSink.load(await this.ref(schema), this.settings.timeLimitMs, flusher);
    this.atEnd(() => sink.close());
    return sink;
  }

  /** A flow into the sink, which does not give up while its target is down. */
  async flow(schema: Schema, settings: FlowSettings = {}): Promise<CheckedFlow> {
    const letters = memorySink();
    const flow = (await createBatchFlow({
      schema,
      sink: await this.ref(schema),
      deadLetters: letters.sink,
      flushSize: 50,
      flushIntervalMs: 10,
      flushMode: 'sync',
      onFull: 'block',
      blockTimeoutMs: this.settings.timeLimitMs,
      circuit: false,
      retry: { maxAttempts: 1000, backoffMs: 10, maxBackoffMs: 100 },
      openTimeoutMs: this.settings.timeLimitMs,
      ...settings,
    })) as Flow;
    // What is given up is read from the letters.
    flow.on('flushError', () => {});
    this.atEnd(() => flow.destroy());
    return { flow, letters };
  }

  /** Wait until everything that was pushed has ended. */
  async drained({ flow }: CheckedFlow): Promise<void> {
    try {
      await flow.flush({ timeoutMs: this.settings.timeLimitMs });
    } catch (cause) {
      const { pending, retries } = flow.stats();
      const seen = `${pending} rows still wait after ${this.settings.timeLimitMs} ms and ${retries} retries`;
      throw this.broken(seen, cause);
    }
  }

  /** Nothing was given up. */
  async nothingGivenUp({ flow, letters }: CheckedFlow): Promise<void> {
    const { deadLettered, dropped } = flow.stats();
    if (deadLettered === 0 && dropped.failed === undefined) return;
    const [letter] = letters.rows() as { message?: string; reason?: string }[];
    const seen = `${deadLettered} rows became dead letters, reason ${letter?.reason}: ${letter?.message}`;
    throw this.broken(seen);
  }

  /**
   * Whether the target holds these rows; nothing is looked at where it cannot be read.
   *
   * @param twice whether a row may be there more than once: it was delivered more than once.
   * @throws ConformanceError that names the first differences.
   */
  async holds(schema: Schema, expected: readonly Row[], twice = false): Promise<void> {
    const { readBack, timeLimitMs } = this.settings;
    if (readBack === undefined) return;
    const end = performance.now() + timeLimitMs;
    for (;;) {
      const found = await this.#read(readBack, schema);
      const { faults, counts } = compare(schema, expected, found, twice);
      if (faults.length === 0) return;
      // A target may show what it has stored a moment later; what is wrong there stays so.
      const late = counts.some((count) => count === 0) && performance.now() < end;
      if (!late) throw this.broken(faults.join('; '));
      await setTimeout(50);
    }
  }

  /** The rows of the target as they are. */
  async read(schema: Schema): Promise<Row[] | undefined> {
    const { readBack } = this.settings;
    return readBack && (await this.#read(readBack, schema));
  }

  /** Run a hook of the maker's, and undo it at the check's end at the latest. @returns what undoes it, once. */
  async begin(hook: () => Undo | Promise<Undo>): Promise<Undo> {
    const undo = await hook();
    let undone: Promise<unknown> | undefined;
    const once = () => {
      undone ??= Promise.resolve(undo());
      return undone;
    };
    this.#ends.push(once);
    return once;
  }

  /** @param end is called at the check's end; the latest first. */
  atEnd(end: Undo): void {
    this.#ends.push(end);
  }

  /** End all that the check began. @throws what the first of these ends throws. */
  async end(): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async #read(readBack: NonNullable<Settings['readBack']>, schema: Schema): Promise<Row[]> {
    const reading = (async () => [...(await readBack(schema))])();
    return within(this.settings.timeLimitMs, reading, 'readBack did not end');
  }
}

/** What a call throws or rejects with; undefined where it does not. */
export async function failureOf(call: () => unknown): Promise<Error | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}
