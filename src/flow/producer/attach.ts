/**
 * Opens producers: on the creating thread, and on any worker that got the flow's handle.
 */
import { MessageChannel, postMessageToThread, threadId } from 'node:worker_threads';
import { CapacityError, ConfigError, FlowClosedError } from '../../errors.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { FlowHandle, Producer } from '../api/producer.js';
import type { Attachment } from '../protocol/attachment.js';
import { flowState, LiveSettings } from '../shared/live-settings.js';
import { ProducerSlots } from '../shared/producer-slots.js';
import { schemaIndexOf } from '../shared/schema-index.js';
import type { SharedFlow } from '../shared/shared-flow.js';
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
  // It has ended, or another copy of this package has created it here.
  if (shared.threadId === threadId) return openProducer(shared, schemaIndexOf(shared.schemas, schema));
  const { port1, port2 } = new MessageChannel();
  return openProducer<S>(shared, schemaIndexOf(shared.schemas, schema), undefined, (slot) => {
    port1.unref();
    const holder = new ProducerSlots(shared.slots, shared.maxProducers).holder(slot);
    const attachment: Attachment = { batchflow: shared.id, slot, holder, port: port2 };
    // Without a listener this thread would seem dead when the flow asks whether it lives.
    if (attached++ === 0) process.on('workerMessage', ignoreMessage);
    // A flow that has ended receives nothing, and needs nothing.
    postMessageToThread(shared.threadId, attachment, [port2]).catch(() => port1.close());
    return () => {
      port1.close();
      if (--attached === 0) process.off('workerMessage', ignoreMessage);
    };
  });
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
  if (new LiveSettings(shared.settings).state !== flowState.open) throw new FlowClosedError(shared.name);
  const slot = new ProducerSlots(shared.slots, shared.maxProducers).take(threadId);
  if (slot < 0) {
    throw new CapacityError(
      `all ${shared.maxProducers} producers of "${shared.name}" are attached; raise maxProducers or bufferSize`,
    );
  }
  return new EventProducer<S>(shared, schemaIndex, slot, labels, attached?.(slot) ?? (() => {}));
}

/** Producers of this thread that are attached to flows of other threads. */
let attached = 0;

function ignoreMessage(): void {}
