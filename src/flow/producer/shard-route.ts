/**
 * Which shard a row goes to: by its key, by a function of the user, or by none of its values.
 */
import { describe, messageOf } from '../../describe.js';
import { EventError } from '../../errors.js';
import { functionOf } from '../../function-source.js';
import { RingControl } from '../../ring/ring-control.js';
import type { Schema } from '../../schema/columns/schema.js';
import { compileKeyHash } from '../../schema/write/key-hash.js';
import { assertInShards, type ShardingSpec } from '../config/sharding.js';
import type { SharedFlow } from '../shared/shared-flow.js';

export interface ShardRoute {
  /** Whether the row's values decide. Otherwise rows that come together may go to one shard. */
  readonly byRow: boolean;
  /** The shard of the next row. @throws EventError when the event has none. */
  of(event: unknown): number;
  /** The shard has not taken the row. */
  refused(): void;
}

/**
 * Make the route of a producer's rows.
 *
 * @param refused receives the error of each event that has no shard, and returns it.
 * @throws ConfigError for a schema that has not the key.
 */
export function shardRoute(
  sharding: ShardingSpec,
  schema: Schema,
  rings: readonly SharedFlow[],
  refused: (error: EventError) => EventError,
): ShardRoute {
  const { shards, by } = sharding;
  if (by === 'round-robin') return new RoundRobin(shards);
  if (by === 'least-loaded') return new LeastLoaded(rings);
  if ('source' in by) return byFunction(by.source, shards, schema, refused);
  assertInShards(sharding, schema);
  const hash = compileKeyHash(schema, by.key);
  return { byRow: true, of: (event) => hash(event) % shards, refused: nothing };
}

function nothing(): void {}

/** Producers begin anywhere: many of which each has one row spread them, too. */
let begun = 0;

class RoundRobin implements ShardRoute {
  readonly byRow = false;
  #next: number;

  constructor(private readonly shards: number) {
    this.#next = begun++ % shards;
  }

  of(): number {
    const shard = this.#next;
    this.#next = shard + 1 === this.shards ? 0 : shard + 1;
    return shard;
  }

  refused(): void {}
}

/** Rows that go to a shard before the shards are looked at again. */
const rowsPerLook = 128;

/** The shard with the fewest blocks in use; of equal ones the next in turn. */
class LeastLoaded implements ShardRoute {
  readonly byRow = false;
  readonly #rings: readonly RingControl[];
  #shard = 0;
  /** Rows that the shard still gets. */
  #left = 0;

  constructor(rings: readonly SharedFlow[]) {
    this.#rings = rings.map(({ ring }) => new RingControl(ring));
    this.#shard = begun++ % rings.length;
  }

  of(): number {
    if (this.#left === 0) this.#look();
    this.#left--;
    return this.#shard;
  }

  refused(): void {
    this.#left = 0;
  }

  #look(): void {
    const { length } = this.#rings;
    const last = this.#shard;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i <= length; i++) {
      const shard = (last + i) % length;
      const load = (this.#rings[shard] as RingControl).blocksInUse;
      if (load >= least) continue;
      least = load;
      this.#shard = shard;
    }
    this.#left = rowsPerLook;
  }
}

/** The function gets the event as it was pushed, before it is checked. */
function byFunction(
  source: string,
  shards: number,
  schema: Schema,
  refused: (error: EventError) => EventError,
): ShardRoute {
  const fn = functionOf(source);
  const fault = (message: string, cause?: unknown) =>
    refused(new EventError('shard', schema.name, undefined, `sharding.by ${message}`, { cause }));
  const of = (event: unknown) => {
    let shard: unknown;
    try {
      shard = fn(event);
    } catch (cause) {
      throw fault(`has thrown: ${messageOf(cause)}`, cause);
    }
    if (typeof shard === 'number' && Number.isInteger(shard) && shard >= 0 && shard < shards)
      // A negative zero is no index.
      return shard | 0;
    throw fault(`returned ${describe(shard)}; expected an integer from 0 to ${shards - 1}`);
  };
  return { byRow: true, of, refused: nothing };
}
