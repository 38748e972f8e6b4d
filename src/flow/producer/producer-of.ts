/**
 * Makes a producer of a flow: of its only ring, or one for each shard behind a common face.
 */
import type { EventError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { FlowMemory } from '../shared/flow-memory.js';
import { FlowSchemas } from '../shared/flow-schemas.js';
import type { SharedFlow } from '../shared/shared-flow.js';
import type { FlowProducer, RingProducer } from './flow-producer.js';
import { shardRoute } from './shard-route.js';
import { ShardedProducer } from './sharded-producer.js';

/** Opens a producer of one ring. */
type Open<S extends Schema> = (shared: SharedFlow, onClose: () => void) => RingProducer<S>;

/**
 * Make a producer.
 *
 * @param open what it throws is thrown here; producers that it had opened before are closed.
 * @param onClose called once when the producer closes.
 */
export function producerOf<S extends Schema>(
  memory: FlowMemory,
  schemaNumber: number,
  open: Open<S>,
  onClose: () => void = () => {},
): FlowProducer<S> {
  const { shards, sharding } = memory;
  if (sharding === undefined) return open(shards[0], onClose);
  const schema = new FlowSchemas(shards[0]).of(schemaNumber) as S;
  const opened: RingProducer<S>[] = [];
  const refused = (error: EventError) => opened[0]?.refused(error) ?? error;
  const route = shardRoute(sharding, schema, shards, refused);
  try {
    for (const shared of shards) opened.push(open(shared, () => {}));
  } catch (error) {
    for (const producer of opened) producer.close();
    throw error;
  }
  return new ShardedProducer<S>(opened, route, onClose);
}
