/**
 * A thread exits with rows in the rings of its flows: wait for the flushers, which are threads of their own and go on
 * working.
 *
 * Node ends the threads that a thread has started only after its `exit` listeners have returned. So this listener keeps
 * the thread there, up to `drainGraceMs`, while flushers drain the rings of all its flows. What needs the thread
 * meanwhile, such as `onBatch`, cannot work. A signal that kills the process (SIGKILL, or SIGTERM without a listener)
 * runs no listener, nor does `terminate()`.
 *
 * When the main thread exits, listeners of other threads do not run. So flows of other threads are announced to the
 * main thread. Its listener drains them, too, if it has loaded this package before.
 */
import { writeSync } from 'node:fs';
import { isMainThread, MessageChannel, postMessageToThread } from 'node:worker_threads';
import { visible } from '../../describe.js';
import { Parking } from '../../ring/parking.js';
import { Progress } from '../../ring/progress.js';
import { DeathWatch, lookEveryMs } from '../liveness/death-watch.js';
import { type ExitAnnouncement, exitAnnouncement } from '../protocol/exit-announcement.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { abandon, stop } from '../shared/stop.js';
import { blockUntil } from '../waiting/block-until.js';

interface Draining {
  /** The flow's rings. */
  readonly shards: FlowMemory['shards'];
  readonly graceMs: number;
  /** Publishes what the producers of this thread have gathered. */
  readonly publish: () => void;
  /** Whether flushers of other flows fill it: it takes rows until these have drained. */
  readonly isFed?: boolean;
}

const flows = new Set<Draining>();
/** What comes after the flows: it may send what their flushers have made of the rows. */
const afterwards = new Set<() => void>();

/** On the main thread, receive flows of other threads. The listener does not keep the process alive. */
export function receiveFlows(): void {
  if (isMainThread) process.on('workerMessage', onMessage);
}

/** Drain this flow at the exit of this thread, and of the process, until the returned function is called. */
export function drainAtExit(flow: Draining): () => void {
  const forget = keep(flow);
  const withdraw = isMainThread ? () => {} : announce(flow);
  return () => {
    withdraw();
    forget();
  };
}

/** Call a function at the exit of this thread, after its flows have drained, until the returned one is called. */
export function afterDrainAtExit(call: () => void): () => void {
  return listen(afterwards, call);
}

function keep(flow: Draining): () => void {
  return listen(flows, flow);
}

/** There is a listener while one of the sets has something. */
function listen<T>(set: Set<T>, entry: T): () => void {
  const areEmpty = () => flows.size + afterwards.size === 0;
  if (areEmpty()) process.on('exit', onExit);
  set.add(entry);
  return () => {
    set.delete(entry);
    if (areEmpty()) process.off('exit', onExit);
  };
}

/** Tell the main thread of a flow of this one. @returns takes that back. */
function announce({ shards, graceMs, isFed = false }: Draining): () => void {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  const announcement: ExitAnnouncement = { batchflow: exitAnnouncement, shards, graceMs, isFed, port: port2 };
  // A main thread that has not loaded this package does not listen.
  postMessageToThread(0, announcement, [port2]).catch(() => {});
  return () => port1.close();
}

function onMessage(message: Partial<ExitAnnouncement> | null): void {
  if (message?.batchflow !== exitAnnouncement) return;
  const { shards, graceMs, isFed, port } = message as ExitAnnouncement;
  const forget = keep({ shards, graceMs, isFed, publish: () => {} });
  port.once('close', () => {
    forget();
    // Its thread may have died. A flow that has ended is stopped already.
    for (const shared of shards) abandon(shared);
  });
  port.unref();
}

function onExit(): void {
  for (const isFed of [false, true]) drain([...flows].filter((flow) => (flow.isFed ?? false) === isFed));
  for (const call of afterwards) call();
}

function drain(flows: readonly Draining[]): void {
  const now = performance.now();
  const leftMs = ({ graceMs }: Draining) => now + graceMs - performance.now();
  // The thread of a flow may have died, and its flushers with it: nothing is to be waited for.
  for (const { shards } of flows) for (const shared of shards) new DeathWatch(shared).look();
  const living = flows.filter(({ shards }) => stateOf(shards[0]) !== flowState.stopped);
  for (const { shards, publish } of living) {
    publish();
    refuseRows(shards);
  }
  for (const flow of living) {
    const { shards } = flow;
    for (const shared of shards) {
      const slots = new ProducerSlots(shared.slots, shared.maxProducers);
      // Producers of other threads publish what they have gathered.
      awaitThreads(
        shared,
        () => !slots.anyActive,
        () => leftMs(flow),
      );
    }
    // ORDER: behind the producers of all shards: a flusher that finds its ring empty ends by this word.
    new LiveSettings(shards[0].settings).advance(flowState.closing, flowState.draining);
    for (const { ring } of shards) new Parking(ring).signal();
  }
  for (const flow of living) {
    const { shards } = flow;
    let remaining = 0;
    for (const shared of shards) {
      const progress = new Progress(shared.ring);
      awaitThreads(
        shared,
        () => progress.usage().rows === 0,
        () => leftMs(flow),
      );
      remaining += progress.usage().rows;
    }
    reportRemaining(shards[0].name, remaining);
    // Threads that live on wait for this flow no more.
    for (const shared of shards) stop(shared);
  }
}

function stateOf({ settings }: SharedFlow): number {
  return new LiveSettings(settings).state;
}

function refuseRows(shards: FlowMemory['shards']): void {
  new LiveSettings(shards[0].settings).advance(flowState.open, flowState.closing);
  // Producers that wait for room learn that none will come.
  for (const { ring } of shards) new Progress(ring).room.signal();
}

/** Block until the flow's other threads have made a condition true, or the flow is stopped. */
function awaitThreads(shared: SharedFlow, condition: () => boolean, leftMs: () => number): void {
  const { done } = new Progress(shared.ring);
  const deaths = new DeathWatch(shared);
  const hasEnded = () => condition() || stateOf(shared) === flowState.stopped;
  while (!blockUntil(done, hasEnded, Math.min(leftMs(), lookEveryMs))) {
    if (leftMs() <= 0) return;
    deaths.lookIfDue();
  }
}

/** Nothing else reports them any more. A file descriptor is written to, as streams are not flushed at an exit. */
function reportRemaining(flow: string, rows: number): void {
  const what = isMainThread ? 'process' : 'thread';
  if (rows > 0)
    writeSync(2, `flow "${visible(flow)}": ${rows} row(s) were not committed when the ${what} ended\n`);
}
