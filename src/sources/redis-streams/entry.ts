/**
 * Entries of a stream, as replies have them: `[[id, [field, value, …]], …]`.
 */
import type { RedisValue } from '../../redis/wire/reply-values.js';

export interface Entry {
  readonly id: string;
  /** Fields, each with its value behind it; null: the stream no longer has the entry. */
  readonly fields: readonly Buffer[] | null;
}

/** The entries of a list of them. */
export function entriesOf(list: RedisValue): Entry[] {
  return (list as [Buffer, Buffer[] | null][]).map(([id, fields]) => ({ id: id.toString('latin1'), fields }));
}

/** The entries of the one stream in a reply of `XREADGROUP`; none where the wait was in vain. */
export function entriesRead(reply: RedisValue): Entry[] {
  const [stream] = (reply ?? []) as [RedisValue, RedisValue][];
  return stream === undefined ? [] : entriesOf(stream[1]);
}

export function textsOf(list: RedisValue): string[] {
  return (list as Buffer[]).map((text) => text.toString('latin1'));
}

/** The members of a list of names and values, as `XINFO` has them. */
export function membersOf(list: RedisValue): ReadonlyMap<string, RedisValue> {
  const found = new Map<string, RedisValue>();
  const items = list as RedisValue[];
  for (let i = 0; i + 1 < items.length; i += 2) found.set(String(items[i]), items[i + 1] as RedisValue);
  return found;
}
