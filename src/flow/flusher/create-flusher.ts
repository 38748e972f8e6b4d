/**
 * Makes a flusher from its task: everything that it works with is wired here, and nowhere else.
 */
import { setMaxListeners } from 'node:events';
import { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { FlusherMeters, MeterReader, metersOf } from '../../metrics/cells/meters.js';
import { StatsReader } from '../../metrics/read/stats.js';
import { BlockClaims } from '../../ring/block-claims.js';
import { Parking } from '../../ring/parking.js';
import { SleepNotes } from '../../ring/sleep-notes.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Sink } from '../../sink.js';
import { DeadLetterBox } from '../delivery/dead-letter-box.js';
import { Delivery } from '../delivery/delivery.js';
import { SinkRegistry } from '../delivery/sink-registry.js';
import { SinkSnapshots } from '../delivery/sink-snapshots.js';
import { DeathWatch } from '../liveness/death-watch.js';
import type { FlusherHost, FlusherTask } from '../protocol/flusher-task.js';
import { clockOf } from '../shared/flow-clock.js';
import { FlowSchemas } from '../shared/flow-schemas.js';
import { LiveSettings } from '../shared/live-settings.js';
import { ObservedMessages } from '../shared/observed-messages.js';
import { RowLog } from '../shared/row-log.js';
import { settlementOf } from '../shared/settlements.js';
import { cellsOf, claimerOf, meterSets, placeOf, sinkCellsOf, writerOf } from '../shared/shared-flow.js';
import { StoredBefore } from '../shared/stored-before.js';
import { MovedClock } from '../waiting/moved-clock.js';
import { systemTimers } from '../waiting/timers.js';
import { BatchTaker } from './batch-taker.js';
import { Circuits } from './circuits.js';
import { ClockFollower, FollowedFlights, FollowingPolicy } from './clock-follower.js';
import { Dedupe } from './dedupe.js';
import { Demand } from './demand.js';
import { FlushPolicy } from './flush-policy.js';
import { Flusher } from './flusher.js';
import { FlusherWait } from './flusher-wait.js';
import { HealthCheck } from './health-check.js';
import { HostReports } from './host-reports.js';
import { InFlight } from './in-flight.js';
import { SchemaReaders } from './schema-readers.js';
import { StageReports } from './stage-reports.js';
import { TunedPolicy } from './tuned-policy.js';
import { Tuner } from './tuner.js';
import { createTurns } from './turns.js';

/** Make the flusher of a task. Its sink is opened, and closed, by the caller. */
export function createFlusher(task: FlusherTask, sink: Sink, host: FlusherHost): Flusher {
  const { shared, flusher, place } = task;
  const { maxConcurrentFlushes, maxDeliveries, retry, circuit, deadLetters: letters } = task.settings;
  const { name: flow, ring } = shared;
  const settings = new LiveSettings(shared.settings);
  const id = claimerOf(shared, flusher);
  const parking = new Parking(ring, new SleepNotes(shared.sleeps, id));
  const claims = new BlockClaims(ring, id);
  const labels = new LabelDictionary(shared.labels);
  const readers = new SchemaReaders(new FlowSchemas(shared), ring, labels);

  const counters = new Counters(shared.counters, writerOf(shared, flusher), flusherCell);
  const inRing = placeOf(shared, flusher);
  const meters = FlusherMeters.of(shared.meters, shared.maxProducers, inRing, meterSets(shared));
  const reports = new HostReports(host);
  const follower =
    shared.clock &&
    new ClockFollower(new MovedClock(shared.clock.memory), shared.clock, flusher, () => parking.signal());
  const timers = follower ?? systemTimers;
  const clock = clockOf(shared);
  const restarts = counters.get('restarts');
  const snapshots = new SinkSnapshots(flusher, restarts, clock, timers, (told) => reports.sinkMetrics(told));
  const metrics = new SinkRegistry();
  snapshots.add(metrics);

  const abort = new AbortController();
  const { signal } = abort;
  // Each flush in flight listens.
  setMaxListeners(0, signal);

  const cells = sinkCellsOf(shared, task.settings.sink, flusher);
  const settle = {
    claims,
    counters,
    settlement: settlementOf(counters),
    log: new RowLog(shared.givenUp),
    storedBefore: new StoredBefore(shared.storedBefore),
    cells,
    listened: () => settings.wantsFlushEvents,
  };
  const { observed } = shared;
  const stages =
    observed && new StageReports(observed, new ObservedMessages(observed.memory, flusher), reports, flusher);
  const circuits = new Circuits(
    circuit,
    counters,
    clock,
    stages && ((schema, state) => stages.circuit(readers.of(schema).schema.name, state)),
  );
  const deadLetters = letters && new DeadLetterBox(letters, retry, { flusher, signal, timers }, snapshots);
  const flushEnded = () => {
    counters.add('inFlightBatches', -1);
    // The loop may sleep, and the circuit have changed.
    parking.signal();
  };
  const inFlight =
    follower === undefined
      ? new InFlight(maxConcurrentFlushes, flushEnded)
      : new FollowedFlights(maxConcurrentFlushes, flushEnded, follower);
  const demand = new Demand(shared);
  const dedupe = task.settings.dedupe && new Dedupe(task.settings.dedupe, readers, claims);
  const untuned = new FlushPolicy(
    claims,
    settings,
    (schema) => circuits.pauseMs(schema),
    // While a flush is under way, rows gather for the next.
    (schema, blocks) => !inFlight.has(schema) && blocks.some(({ block }) => demand.isFor(block)),
    dedupe,
    task.settings.flushSizeOver === 'flow',
    shared.highWatermark,
  );
  const { adaptive } = task.settings;
  // One tunes for all.
  const tuned =
    adaptive === undefined || flusher > 1
      ? untuned
      : new TunedPolicy(untuned, {
          tuner: new Tuner(adaptive),
          sources: task.shards.map((ring) => ({
            meters: new MeterReader([cellsOf(ring, 'meters')], meterSets(ring), dedupe !== undefined),
            stats: new StatsReader([cellsOf(ring, 'counters')]),
          })),
          settings,
          lanes: Math.min(
            task.shards.length * shared.flushers * maxConcurrentFlushes,
            shared.limit?.permits ?? Number.POSITIVE_INFINITY,
          ),
          wake: wakeAll(task.shards),
        });
  const policy = follower === undefined ? tuned : new FollowingPolicy(tuned, follower);
  const health = new HealthCheck(sink, settings, flusher === 1, (trouble) => reports.health(trouble));
  const turns =
    shared.limit && place !== undefined
      ? createTurns(shared.limit, place, signal, health, follower)
      : undefined;
  return new Flusher({
    settings,
    parking,
    deaths: new DeathWatch(shared),
    policy,
    waiting: new FlusherWait(parking, policy, settings, health),
    health,
    dedupe,
    taker: new BatchTaker({ readers, dedupe, settings, maxDeliveries, meters, settle }),
    inFlight,
    turns,
    flushing: {
      circuits,
      delivery: new Delivery(sink, retry, {
        flusher,
        options: task.settings.sink?.options,
        signal,
        metrics,
        timers,
      }),
      putAway: { flow, deadLetters, pauseMs: retry.maxBackoffMs, signal, timers },
      record: { flow, flusher, counters, meters, snapshots, reports, stages },
      signal,
    },
    counters,
    reports,
    deadLetters,
    metrics,
    cells,
    generated: ({ name }, operation) => {
      const number = readers.numberOf(name);
      if (number >= 0) metersOf(meters, number).generated(operation);
    },
    snapshots,
    abort,
  });
}

/** @returns wakes the flushers of all rings. */
function wakeAll(shards: FlusherTask['shards']): () => void {
  const parkings = shards.map(({ ring }) => new Parking(ring));
  return () => {
    for (const parking of parkings) parking.signal();
  };
}
