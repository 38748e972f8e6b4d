/**
 * All memory of a flow: one ring with what belongs to it, or one for each shard.
 *
 * Shards share what does not depend on the ring: the live settings, the dictionary of labels, the schemas. All else is
 * their own, so that a shard works as a flow with one flusher does.
 */
import type { FlowOptions } from '../config/resolve.js';
import type { ShardingSpec } from '../config/sharding.js';
import { createShared, type SharedFlow } from './shared-flow.js';

/** Plain data and SharedArrayBuffers only: what `flow.handle()` holds. */
export interface FlowMemory {
  /** By number; one where the flow has no sharding. */
  readonly shards: readonly [SharedFlow, ...SharedFlow[]];
  readonly sharding: ShardingSpec | undefined;
}

/**
 * Allocate the memory of a flow.
 *
 * @throws ConfigError when a ring would be too large, or the system does not give its memory.
 */
export function createFlowMemory(options: FlowOptions, threadId: number): FlowMemory {
  const { sharding } = options;
  const first = createShared(options, threadId);
  const others = Array.from({ length: (sharding?.shards ?? 1) - 1 }, (_, i) =>
    createShared(options, threadId, { shard: i + 1, first }),
  );
  return { shards: [first, ...others], sharding };
}
