/**
 * Opens producers: on the creating thread, and on any worker that got the flow's handle.
 */
import { threadId } from 'node:worker_threads';
import { CapacityError, ConfigError, FlowClosedError } from '../../errors.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { FlowHandle, Producer } from '../api/producer.js';
import { DeathWatch } from '../liveness/death-watch.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import { FlowSchemas } from '../shared/flow-schemas.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import { announceProducer } from './announcement.js';
import { EventProducer } from './event-producer.js';
import { producerOf } from './producer-of.js';

/** How producers of a flow are opened on its creating thread. */
interface OwnFlow {
  open(schema: Schema | undefined): Producer;
  add(schema: Schema): Producer;
}

/** The flows that this thread has created, by id: a producer attached here is one of theirs. */
const ownFlows = new Map<string, OwnFlow>();

/** Let `attachProducer` open producers of a flow on its own thread. @returns ends that. */
export function registerFlow({ shards: [{ id }] }: FlowMemory, flow: OwnFlow): () => void {
  ownFlows.set(id, flow);
  return () => ownFlows.delete(id);
}

/**
 * Make a producer on this thread for a flow created on another, or on this one, as `flow.producer()` does.
 *
 * @param handle from `flow.handle()`, posted here.
 * @param schema one of the flow's schemas, added ones included; not needed where it was created with one.
 * @throws CapacityError when all of `maxProducers` are attached, FlowClosedError when the flow is closed.
 */
export function attachProducer<S extends Schema>(handle: FlowHandle, schema?: S): Producer<S> {
  const memory = memoryOf(handle);
  const [first] = memory.shards;
  const own = ownFlows.get(first.id);
  if (own !== undefined) return own.open(schema) as Producer<S>;
  return attach(memory, new FlowSchemas(first).numberOf(schema));
}

/**
 * Make a producer on this thread of a kind of event that the flow may not have yet: it is added to the running flow,
 * unless it is there. On the flow's own thread `flow.addSchema(schema)` does the same.
 *
 * @param handle from `flow.handle()`, posted here.
 * @throws ConfigError where the name is taken by other columns, a row does not fit the ring's blocks, or lacks the key
 *   of `sharding`; CapacityError beyond `maxSchemas` and `maxProducers`; SchemaError, FlowClosedError.
 */
export function addSchema<S extends Schema>(handle: FlowHandle, schema: S): Producer<S> {
  const memory = memoryOf(handle);
  const [first] = memory.shards;
  const own = ownFlows.get(first.id);
  if (own !== undefined) return own.add(schema) as Producer<S>;
  assertOpen(first);
  return attach(memory, new FlowSchemas(first).add(schema, memory.sharding));
}

/** @throws ConfigError for anything else than a handle. */
function memoryOf(handle: FlowHandle): FlowMemory {
  const memory = handle?.['~flow'] as FlowMemory | undefined;
  if (memory?.shards?.[0] === undefined)
    throw new ConfigError('handle', handle, 'what flow.handle() returned');
  return memory;
}

function attach<S extends Schema>(memory: FlowMemory, schemaNumber: number): Producer<S> {
  const [first] = memory.shards;
  const labels = new LabelDictionary(first.labels);
  // On its own thread, it has ended, or another copy of this package has created it here.
  const announce = first.threadId === threadId ? undefined : announceProducer;
  return producerOf<S>(memory, schemaNumber, (shared) =>
    openProducer(shared, schemaNumber, labels, announce && ((slot) => announce(shared, slot))),
  );
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
