/**
 * A flusher: takes batches out of the ring and hands them to the sink, until the flow ends.
 *
 *     look ─▶ claim blocks ─▶ copy rows ─▶ sink.write ─▶ count ─▶ commit      or sleep until something is due
 *
 * It needs nothing of the creating thread: what it waits for and what it is told are in shared memory.
 */
import { setImmediate } from 'node:timers/promises';
import { Counters, flusherCell } from '../metrics/counters.js';
import { BlockClaims, type Sighting } from '../ring/block-claims.js';
import { before } from '../ring/layout.js';
import { Parking } from '../ring/parking.js';
import { Batch } from '../schema/batch.js';
import { BatchReader, type Part } from '../schema/batch-reader.js';
import { LabelDictionary } from '../schema/label-dictionary.js';
import type { Schema } from '../schema/schema.js';
import type { Sink } from '../sink.js';
import { now } from './clock.js';
import { compileDedupe } from './dedupe.js';
import { deferred } from './deferred.js';
import { type Due, FlushPolicy, type Trigger } from './flush-policy.js';
import { errorData, type FlusherHost, type FlusherTask } from './flusher-task.js';
import { type FlowState, flowState, LiveSettings } from './live-settings.js';
import { ProducerSlots } from './producer-slots.js';
import { claimerOf, layoutsOf } from './shared.js';

/** A synchronous sink under load never lets the event loop turn; a turn this often lets messages through. */
const turnEveryMs = 20;

/** Rows taken out of the ring, on their way to the sink. */
interface Taken {
  readonly batch: Batch;
  readonly parts: readonly Part[];
  readonly schema: Schema;
  readonly trigger: Trigger;
}

export class Flusher {
  readonly #claims: BlockClaims;
  readonly #parking: Parking;
  readonly #settings: LiveSettings;
  readonly #slots: ProducerSlots;
  readonly #policy: FlushPolicy;
  readonly #readers: readonly BatchReader[];
  readonly #counters: Counters<typeof flusherCell>;
  readonly #dedupe: (batch: Batch) => Batch;
  readonly #abort = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  /** Resolves when the next flush ends. */
  #place = deferred();
  /** What was last said to the host; it has arrived when this resolves. Nobody waits for it but the end. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly task: FlusherTask,
    private readonly sink: Sink,
    private readonly host: FlusherHost,
  ) {
    const { shared, flusher } = task;
    const labels = new LabelDictionary(shared.labels);
    this.#claims = new BlockClaims(shared.ring, claimerOf(shared, flusher));
    this.#parking = new Parking(shared.ring);
    this.#settings = new LiveSettings(shared.settings);
    this.#slots = new ProducerSlots(shared.slots, shared.maxProducers);
    this.#policy = new FlushPolicy(this.#claims, this.#settings);
    this.#readers = layoutsOf(shared).map((layout) => new BatchReader(layout, shared.ring, labels));
    this.#counters = new Counters(shared.counters, shared.maxProducers + flusher - 1, flusherCell);
    // The flusher before this one may have died with rows in flight; they wait again.
    this.#counters.add('inFlight', -this.#counters.get('inFlight'));
    this.#dedupe = task.dedupe === undefined ? (batch) => batch : compileDedupe(task.dedupe);
  }

  /** Abort the signal that sinks got for the flushes in flight. */
  abort(): void {
    this.#abort.abort();
  }

  /** Flush until the flow is drained or stopped; resolves when every flush has ended. */
  async run(): Promise<void> {
    let turned = now();
    for (;;) {
      while (this.#inFlight.size >= this.task.maxConcurrentFlushes) await this.#place.promise;
      const { state } = this.#settings;
      if (state === flowState.stopped) break;
      const total = this.#parking.total;
      const look = this.#policy.look(now());
      for (const spent of look.spent) this.#free(spent);
      if (look.due !== undefined) {
        const taken = this.#take(look.due);
        if (taken !== undefined) this.#start(taken);
        if (now() - turned > turnEveryMs) {
          await setImmediate();
          turned = now();
        }
      } else if (state === flowState.draining && look.empty) {
        if (this.#inFlight.size === 0) break;
        await this.#place.promise;
      } else {
        await this.#sleep(total, look.rowsToGo, state);
        turned = now();
      }
    }
    await Promise.all(this.#inFlight);
    await this.#told;
  }

  /** Sleep until rows, a deadline or a signal; not at all if something came while it lay down, a new state included. */
  async #sleep(total: number, rowsToGo: number, state: FlowState): Promise<void> {
    const epoch = this.#parking.announce(total, rowsToGo);
    const newTotal = this.#parking.total;
    const look = this.#policy.look(now());
    // Rows that another flusher has let go of meanwhile make the alarm late; set it anew.
    const late = before((newTotal + look.rowsToGo) | 0, (total + rowsToGo) | 0);
    const came = look.due !== undefined || look.spent.length > 0 || this.#settings.state !== state;
    if (!came && !late) await this.#parking.sleepAsync(epoch, look.sleepMs);
    this.#parking.wake();
  }

  /** A commit of nothing frees a sealed block that has nothing left. */
  #free({ block, ticket }: Sighting): void {
    if (this.#claims.tryClaim(block, ticket)) this.#claims.commit(block);
  }

  /** Claim what is due and copy it. Undefined when other flushers were quicker. */
  #take(due: Due): Taken | undefined {
    const parts: Part[] = [];
    let room = this.#settings.flushSize;
    for (const { block, ticket } of due.blocks) {
      if (room === 0) break;
      if (!this.#claims.tryClaim(block, ticket)) continue;
      const { from, to } = this.#claims.waiting(block, room);
      if (to <= from) {
        this.#claims.release(block);
        continue;
      }
      parts.push({ block, from, to });
      room -= to - from;
    }
    if (parts.length === 0) return undefined;
    const schema = this.task.shared.schemas[due.schema] as Schema;
    const batch = new Batch(schema, (this.#readers[due.schema] as BatchReader).read(parts));
    for (const { block, to } of parts) this.#claims.taken(block, to);
    this.#counters.add(due.trigger, 1);
    if (due.trigger === 'deadline') {
      this.#counters.add('lateCount', 1);
      this.#counters.add('lateSum', due.lateMs);
      this.#counters.raise('lateMax', due.lateMs);
    }
    return { batch, parts, schema, trigger: due.trigger };
  }

  #start(taken: Taken): void {
    const flush = this.#flush(taken).finally(() => {
      this.#inFlight.delete(flush);
      this.#place.resolve();
      this.#place = deferred();
      // The loop may sleep, with a place for another batch now.
      this.#parking.signal();
    });
    this.#inFlight.add(flush);
  }

  async #flush({ batch, parts, schema, trigger }: Taken): Promise<void> {
    const rows = batch.length;
    const began = now();
    this.#counters.add('inFlight', rows);
    let failure: unknown;
    let written = rows;
    try {
      const unique = this.#dedupe(batch);
      written = unique.length;
      await this.sink.write(unique, {
        flusher: this.task.flusher,
        options: this.task.sink?.options,
        schema,
        attempt: 1,
        signal: this.#abort.signal,
      });
    } catch (error) {
      failure = error ?? new Error('the sink threw nothing');
    }
    if (failure !== undefined) this.#giveUp(schema, parts, rows, failure);
    this.#counters.add('inFlight', -rows);
    this.#counters.add('committed', failure === undefined ? written : 0);
    this.#counters.add('duplicates', failure === undefined ? rows - written : 0);
    this.#counters.add('failed', failure === undefined ? 0 : rows);
    // Asked before the commit: who waits for that may change its mind at once.
    const listened = failure === undefined && this.#settings.wantsFlushEvents;
    for (const { block } of parts) this.#claims.commit(block);
    if (listened) {
      this.#tell(
        this.host.flushed({
          schema: schema.name,
          rows,
          durationMs: now() - began,
          trigger,
          flusher: this.task.flusher,
        }),
      );
    }
  }

  /** The host may be blocked, or gone: nothing here depends on it. */
  #tell(said: unknown): void {
    this.#told = Promise.resolve(said).catch(() => {});
  }

  /** Log the rows for the producers that wait for them, before the ring forgets them, and tell the creating thread. */
  #giveUp(schema: Schema, parts: readonly Part[], rows: number, failure: unknown): void {
    for (const { block, from, to } of parts) {
      const { producer, sequence } = this.#claims.origin(block);
      this.#slots.giveUp(producer - 1, sequence + from, to - from);
    }
    this.#tell(this.host.failed({ schema: schema.name, rows, ...errorData(failure) }));
  }
}
