/**
 * The `sharding` of a configuration: checked, and made fit to be posted to producers' threads.
 */
import { ConfigError } from '../../errors.js';
import { sourceOf } from '../../function-source.js';
import type { Checked } from '../../options/check.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { ShownSharding } from '../api/sharding.js';
import { emptyRow } from './dedupe.js';
import type { shardingRules } from './flow-rules.js';

/** How rows are spread over shards, as plain data. */
export type ShardingSpec = ShownSharding;

type CheckedSharding = Checked<typeof shardingRules>;

/** Check a `sharding` setting and make it fit to be posted. @throws ConfigError */
export function describeSharding(sharding: CheckedSharding, schemas: readonly Schema[]): ShardingSpec {
  const { shards, key } = sharding;
  const { by = key === undefined ? 'round-robin' : 'hash' } = sharding;
  if (by !== 'hash') {
    if (key !== undefined) {
      throw new ConfigError('sharding.key', key, "none, or by: 'hash': nothing else looks at the key");
    }
    if (typeof by !== 'function') return { shards, by };
    return { shards, by: { source: sourceOf('sharding.by', by, emptyRow(schemas[0])) } };
  }
  if (key === undefined) {
    const other = "or by: 'round-robin', where no rows have to keep their order";
    const expected = `a column, or columns, whose rows keep their order, as in { by: 'hash', key: 'user' }; ${other}`;
    throw new ConfigError('sharding.key', undefined, expected);
  }
  const columns = typeof key === 'string' ? [key] : key;
  for (const schema of schemas) assertHasKey(columns, schema);
  return { shards, by: { key: columns } };
}

/** @throws ConfigError for a schema of which no row can be sent to its shard. */
export function assertInShards(sharding: ShardingSpec | undefined, schema: Schema): void {
  const by = sharding?.by;
  if (typeof by === 'object' && 'key' in by) assertHasKey(by.key, schema);
}

/** @throws ConfigError for a schema whose rows have no such key, or none that can be compared. */
function assertHasKey(columns: readonly string[], { name, columns: known }: Schema): void {
  for (const column of columns) {
    const type = Object.hasOwn(known, column) ? known[column]?.type : undefined;
    if (type === undefined) throw new ConfigError('sharding.key', column, `a column of "${name}"`);
    if (type === 'json' || type === 'any') {
      const expected = `a column of "${name}" whose values can be compared: none of t.${type}()`;
      throw new ConfigError('sharding.key', column, expected);
    }
  }
}
