/**
 * Opens producers: on the creating thread, and on any worker that got the flow's handle.
 */
import { threadId } from 'node:worker_threads';
import { CapacityError, ConfigError, FlowClosedError } from '../../errors.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { FlowHandle, Producer } from '../api/producer.js';
import { DeathWatch } from '../liveness/death-watch.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import { schemaIndexOf } from '../shared/schema-index.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { announceProducer } from './announcement.js';
import { EventProducer } from './event-producer.js';

type Open = (schema: Schema | undefined) => Producer;

/** The flows that this thread has created, by id: a producer attached here is one of theirs. */
const ownFlows = new Map<string, Open>();

/** Let `attachProducer` open producers of a flow on its own thread. @returns ends that. */
export function registerFlow({ id }: SharedFlow, open: Open): () => void {
  ownFlows.set(id, open);
  return () => ownFlows.delete(id);
}

/**
 * Make a producer on this thread for a flow created on another, or on this one, as `flow.producer()` does.
 *
 * @param handle from `flow.handle()`, posted here.
 * @param schema one of the flow's schemas; not needed where there is only one.
 * @throws CapacityError when all of `maxProducers` are attached, FlowClosedError when the flow is closed.
 */
export function attachProducer<S extends Schema>(handle: FlowHandle, schema?: S): Producer<S> {
  const shared = handle?.['~flow'] as SharedFlow | undefined;
  if (shared?.ring === undefined) throw new ConfigError('handle', handle, 'what flow.handle() returned');
  const open = ownFlows.get(shared.id);
  if (open !== undefined) return open(schema) as Producer<S>;
  const index = schemaIndexOf(shared.schemas, schema);
  // It has ended, or another copy of this package has created it here.
  if (shared.threadId === threadId) return openProducer(shared, index);
  return openProducer<S>(shared, index, undefined, (slot) => announceProducer(shared, slot));
}

/**
 * Take a slot and make its producer.
 *
 * @param attached receives the slot's number; what it returns is called when the producer closes.
 * @throws CapacityError when all of `maxProducers` are attached, FlowClosedError when the flow is not open.
 */
export function openProducer<S extends Schema>(
  shared: SharedFlow,
  schemaIndex: number,
  labels = new LabelDictionary(shared.labels),
  attached?: (slot: number) => () => void,
): EventProducer<S> {
  assertOpen(shared);
  const slots = new ProducerSlots(shared.slots, shared.maxProducers);
  const deaths = new DeathWatch(shared);
  let slot = slots.take(threadId);
  // Again, as other threads that attach clean up after the dead, too, and take their slots.
  for (let found = true; slot < 0 && found; slot = slots.take(threadId)) {
    found = deaths.look();
    // The flow's creating thread may be among the dead.
    assertOpen(shared);
  }
  if (slot < 0) {
    throw new CapacityError(
      `all ${slots.count - 1} producers of "${shared.name}" are attached; raise maxProducers or bufferSize`,
    );
  }
  return new EventProducer<S>(shared, schemaIndex, slot, labels, attached?.(slot) ?? (() => {}));
}

/**
 * Make the flow's own producer, in the slot that is kept for it: once a flow, on its creating thread.
 *
 * @throws FlowClosedError when the flow is not open.
 */
export function openOwnProducer<S extends Schema>(
  shared: SharedFlow,
  schemaIndex: number,
  labels: LabelDictionary,
  onClose: () => void,
): EventProducer<S> {
  assertOpen(shared);
  const slot = new ProducerSlots(shared.slots, shared.maxProducers).takeOwn(threadId);
  return new EventProducer<S>(shared, schemaIndex, slot, labels, onClose);
}

function assertOpen({ settings, name }: SharedFlow): void {
  if (new LiveSettings(settings).state !== flowState.open) throw new FlowClosedError(name);
}
