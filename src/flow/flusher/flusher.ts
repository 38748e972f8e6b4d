/**
 * A flusher: takes batches out of the ring and hands them to the sink, until the flow ends.
 *
 *     look ──▶ take ──▶ deliver ─▶ settle ─▶ report      or sleep until something is due
 *     policy   taker    └─ flush ─┴─▶ put away ─┘
 *
 * It needs nothing of the creating thread: what it waits for and what steers it are in shared memory.
 */
import { setImmediate } from 'node:timers/promises';
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import type { SinkCells } from '../../metrics/cells/sink-cells.js';
import type { Parking } from '../../ring/parking.js';
import type { OpenContext } from '../../sink.js';
import type { DeadLetterBox } from '../delivery/dead-letter-box.js';
import type { SinkRegistry } from '../delivery/sink-registry.js';
import type { SinkSnapshots } from '../delivery/sink-snapshots.js';
import type { Turn } from '../delivery/turn.js';
import type { DeathWatch } from '../liveness/death-watch.js';
import { flowState, type LiveSettings } from '../shared/live-settings.js';
import { isThenable } from '../waiting/awaitable.js';
import { now } from '../waiting/clock.js';
import { promisesDone } from '../waiting/deferred.js';
import type { BatchTaker, TakenBatch } from './batch-taker.js';
import type { Dedupe } from './dedupe.js';
import { Flush, type FlushTools } from './flush.js';
import type { FlushPolicy } from './flush-policy.js';
import type { FlusherWait } from './flusher-wait.js';
import type { HealthCheck } from './health-check.js';
import type { HostReports } from './host-reports.js';
import type { InFlight } from './in-flight.js';
import type { Turns } from './turns.js';

/** What a flusher works with; `createFlusher` makes it. */
export interface FlusherParts {
  readonly settings: LiveSettings;
  readonly parking: Parking;
  readonly deaths: DeathWatch;
  readonly policy: Pick<FlushPolicy, 'look'>;
  readonly waiting: FlusherWait;
  /** Undefined: every row is kept. */
  readonly dedupe: Dedupe | undefined;
  readonly taker: BatchTaker;
  readonly inFlight: InFlight;
  /** Undefined where no limit is on flushes at a time, but that of this flusher. */
  readonly turns: Turns | undefined;
  readonly flushing: FlushTools;
  readonly counters: Counters<typeof flusherCell>;
  readonly reports: HostReports;
  readonly deadLetters: DeadLetterBox | undefined;
  readonly health: HealthCheck;
  /** The registry of the sink. */
  readonly metrics: SinkRegistry;
  /** The sink's; undefined where it has none. */
  readonly cells: SinkCells | undefined;
  /** Notes what the sink makes of batches. */
  readonly generated: NonNullable<OpenContext['generated']>;
  readonly snapshots: SinkSnapshots;
  /** Aborts the flushes in flight. */
  readonly abort: AbortController;
}

/** A synchronous sink under load never lets the event loop turn; a turn this often lets messages through. */
const turnEveryMs = 20;
/** Producers may die while no other thread looks; what they have counted is put right so often, under load. */
const lookEveryMs = 1000;

export class Flusher {
  constructor(private readonly parts: FlusherParts) {}

  /** What the sink's `open` gets, with what belongs to this flusher. */
  openContext<C extends object>(context: C) {
    const { metrics, cells, generated } = this.parts;
    return metrics.addTo({ ...context, generated, ...(cells && { cells }) });
  }

  /**
   * Open the sink of the dead letters; before `run`. A thread that takes a dead one's place does not wait for it, as
   * others' rows would: those that are given up wait for it, or try again to open it, and stay in the ring meanwhile.
   *
   * @throws what keeps it from opening when the flow starts.
   */
  async openDeadLetters(): Promise<void> {
    const { deadLetters, counters } = this.parts;
    const opening = deadLetters?.open();
    if (counters.get('restarts') === 0) await opening;
    else opening?.catch(() => {});
  }

  /** Flush until the flow is drained or stopped; resolves when every flush has ended. */
  async run(): Promise<void> {
    const { settings, parking, deaths, policy, dedupe, taker, waiting, inFlight, turns, reports, health } =
      this.parts;
    let turned = now();
    let looked = turned;
    for (;;) {
      while (inFlight.isFull) await inFlight.nextEnd;
      const { state } = settings;
      if (state === flowState.stopped) break;
      const { total } = parking;
      const at = now();
      if (at - turned > turnEveryMs) {
        health.look();
        await setImmediate();
        turned = now();
        continue;
      }
      if (at - looked > lookEveryMs) {
        deaths.lookIfDue();
        looked = at;
      }
      const look = policy.look(at);
      taker.free(look.spent);
      if (look.due !== undefined) {
        const waits = !inFlight.isEmpty && taker.isSuspect(look.due);
        if (turns !== undefined && !waits && !turns.ready()) {
          if (dedupe?.mayHide) parking.signal();
          await turns.wait();
          continue;
        }
        const batch = waits ? undefined : taker.take(look.due);
        // This thread turns to other things: other flushers have to see to the rest.
        if (dedupe?.mayHide) parking.signal();
        if (waits) {
          turns?.spare();
          await inFlight.nextEnd;
          continue;
        }
        if (batch !== undefined) this.#start(batch, turns?.start());
        else turns?.spare();
        // Those of the sink, before it gets its next batch.
        await promisesDone();
      } else if (state === flowState.draining && look.empty) {
        turns?.spare();
        if (inFlight.isEmpty) break;
        await inFlight.nextEnd;
      } else {
        turns?.spare();
        health.look();
        if (await waiting.wait(total, look, state, inFlight.isEmpty)) turned = now();
      }
    }
    turns?.spare();
    await inFlight.allEnded();
    health.end();
    await reports.arrived();
  }

  /** Abort the signal that sinks got for the flushes in flight. */
  abort(): void {
    this.parts.abort.abort();
  }

  /** After `run`, when the sink has closed. */
  async close(): Promise<void> {
    try {
      await this.parts.deadLetters?.close();
    } finally {
      await this.parts.snapshots.end();
    }
  }

  #start(batch: TakenBatch, turn: Turn | undefined): void {
    const { counters, flushing, inFlight } = this.parts;
    counters.add('inFlightBatches', 1);
    const flush = new Flush(batch, flushing, turn).run();
    if (isThenable(flush)) inFlight.add(flush, batch.schema, batch.suspicion !== undefined);
    else counters.add('inFlightBatches', -1);
  }
}
