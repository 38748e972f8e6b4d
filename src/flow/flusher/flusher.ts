/**
 * A flusher: takes batches out of the ring and hands them to the sink, until the flow ends.
 *
 *     look ─▶ claim blocks ─▶ copy rows ─▶ flush (flush.ts) ─▶ let the blocks go      or sleep until something is due
 *
 * It needs nothing of the creating thread: what it waits for and what it is told are in shared memory.
 */
import { setMaxListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { FlusherMeters } from '../../metrics/cells/meters.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { Parking } from '../../ring/parking.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import { BatchReader } from '../../schema/read/batch-reader.js';
import type { Sink } from '../../sink.js';
import { DeadLetterBox } from '../delivery/dead-letter-box.js';
import { Delivery } from '../delivery/delivery.js';
import { SinkRegistry } from '../delivery/sink-registry.js';
import { SinkSnapshots } from '../delivery/sink-snapshots.js';
import type { FlusherHost, FlusherTask } from '../protocol/flusher-task.js';
import { GivenUpLog } from '../shared/given-up-log.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { settlementOf } from '../shared/settlements.js';
import { claimerOf, layoutsOf } from '../shared/shared-flow.js';
import { isThenable } from '../waiting/awaitable.js';
import { now } from '../waiting/clock.js';
import { promisesDone } from '../waiting/deferred.js';
import { BatchTaker, type TakenBatch } from './batch-taker.js';
import { Circuits } from './circuits.js';
import { compileDedupe } from './dedupe.js';
import { Flush, type FlushTools } from './flush.js';
import { FlushPolicy } from './flush-policy.js';
import { FlusherWait } from './flusher-wait.js';
import { HostReports } from './host-reports.js';
import { InFlight } from './in-flight.js';

/** A synchronous sink under load never lets the event loop turn; a turn this often lets messages through. */
const turnEveryMs = 20;

export class Flusher {
  readonly #parking: Parking;
  readonly #settings: LiveSettings;
  readonly #policy: FlushPolicy;
  readonly #waiting: FlusherWait;
  readonly #taker: BatchTaker;
  readonly #counters: Counters<typeof flusherCell>;
  readonly #meters: FlusherMeters;
  readonly #circuits: Circuits;
  readonly #deadLetters: DeadLetterBox | undefined;
  readonly #flushTools: FlushTools;
  /** For the sink's `open`. */
  readonly sinkMetrics = new SinkRegistry();
  readonly #snapshots: SinkSnapshots;
  readonly #reports: HostReports;
  readonly #abort = new AbortController();
  readonly #inFlight: InFlight;

  constructor(task: FlusherTask, sink: Sink, host: FlusherHost) {
    const { shared, flusher } = task;
    const { retry, circuit, deadLetters, dedupe, sink: sinkRef } = task.settings;
    const labels = new LabelDictionary(shared.labels);
    const claims = new BlockClaims(shared.ring, claimerOf(shared, flusher));
    this.#parking = new Parking(shared.ring);
    this.#settings = new LiveSettings(shared.settings);
    this.#policy = new FlushPolicy(claims, this.#settings, (schema) => this.#circuits.pauseMs(schema));
    this.#waiting = new FlusherWait(this.#parking, this.#policy, this.#settings);
    const readers = layoutsOf(shared).map((layout) => new BatchReader(layout, shared.ring, labels));
    const counters = new Counters(shared.counters, shared.maxProducers + flusher - 1, flusherCell);
    this.#counters = counters;
    this.#meters = new FlusherMeters(shared.meters, shared.maxProducers, flusher - 1);
    const settle = {
      claims,
      counters,
      settlement: settlementOf(counters),
      log: new GivenUpLog(shared.givenUp),
      listened: () => this.#settings.wantsFlushEvents,
    };
    this.#taker = new BatchTaker({
      schemas: shared.schemas,
      readers,
      settings: this.#settings,
      maxDeliveries: task.settings.maxDeliveries,
      meters: this.#meters,
      settle,
    });
    this.#circuits = new Circuits(shared.schemas.length, circuit, counters);
    this.#inFlight = new InFlight(task.settings.maxConcurrentFlushes, () => {
      counters.add('inFlightBatches', -1);
      // The loop may sleep, and the circuit have changed.
      this.#parking.signal();
    });
    const reports = new HostReports(host);
    this.#reports = reports;
    this.#snapshots = new SinkSnapshots(flusher, counters.get('restarts'), (told) =>
      reports.sinkMetrics(told),
    );
    this.#snapshots.add(this.sinkMetrics);
    const { signal } = this.#abort;
    // Each flush in flight listens.
    setMaxListeners(0, signal);
    this.#deadLetters =
      deadLetters && new DeadLetterBox(deadLetters, retry, { flusher, signal }, this.#snapshots);
    const context = { flusher, options: sinkRef?.options, signal, metrics: this.sinkMetrics };
    this.#flushTools = {
      dedupe: dedupe === undefined ? () => undefined : compileDedupe(dedupe),
      circuits: this.#circuits,
      delivery: new Delivery(sink, retry, context),
      putAway: { flow: shared.name, deadLetters: this.#deadLetters, pauseMs: retry.maxBackoffMs, signal },
      record: {
        flow: shared.name,
        flusher,
        counters,
        meters: this.#meters,
        snapshots: this.#snapshots,
        reports,
      },
      signal,
    };
  }

  /** Abort the signal that sinks got for the flushes in flight. */
  abort(): void {
    this.#abort.abort();
  }

  /** Flush until the flow is drained or stopped; resolves when every flush has ended. */
  async run(): Promise<void> {
    let turned = now();
    for (;;) {
      while (this.#inFlight.isFull) await this.#inFlight.nextEnd;
      const { state } = this.#settings;
      if (state === flowState.stopped) break;
      const total = this.#parking.total;
      const at = now();
      if (at - turned > turnEveryMs) {
        await setImmediate();
        turned = now();
        continue;
      }
      const look = this.#policy.look(at);
      this.#taker.free(look.spent);
      if (look.due !== undefined) {
        if (!this.#inFlight.isEmpty && this.#taker.isSuspect(look.due)) {
          await this.#inFlight.nextEnd;
          continue;
        }
        const taken = this.#taker.take(look.due);
        if (taken !== undefined) this.#start(taken);
        // Those of the sink, before it gets its next batch.
        await promisesDone();
      } else if (state === flowState.draining && look.empty) {
        if (this.#inFlight.isEmpty) break;
        await this.#inFlight.nextEnd;
      } else if (await this.#waiting.wait(total, look, state, this.#inFlight.isEmpty)) turned = now();
    }
    await this.#inFlight.allEnded();
    await this.#reports.arrived();
  }

  /** Before `run`. @throws SinkError when the sink of the dead letters cannot be loaded. */
  async prepare(): Promise<void> {
    await this.#deadLetters?.prepare();
  }

  /** After `run`, when the sink has closed. */
  async close(): Promise<void> {
    try {
      await this.#deadLetters?.close();
    } finally {
      await this.#snapshots.end();
    }
  }

  #start(taken: TakenBatch): void {
    this.#counters.add('inFlightBatches', 1);
    const flush = new Flush(taken, this.#flushTools).run();
    if (isThenable(flush)) this.#inFlight.add(flush, taken.suspicion !== undefined);
    else this.#counters.add('inFlightBatches', -1);
  }
}
