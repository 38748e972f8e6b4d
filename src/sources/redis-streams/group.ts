/**
 * The consumer group of a source, and its own consumer in it: made, looked at, and left in good order.
 */
import { messageOf } from '../../describe.js';
import { SourceError } from '../../errors.js';
import type { RedisValue } from '../../redis/wire/reply-values.js';
import { type Entry, entriesOf, entriesRead, membersOf, textsOf } from './entry.js';
import { ownNames, type RedisStreamsSettings } from './options.js';
import type { StreamCommands } from './stream-commands.js';
import type { StreamCounts } from './stream-counts.js';

/** How many ids a command names at most: the server does nothing else meanwhile. */
const idsOfCommand = 1000;
/** Longer than any `claimAfterMs`: such an entry is taken over at the next look. */
const handedBackMs = 30 * 86_400_000;
/** A consumer that has nothing pending and has not been seen for so many times `claimAfterMs` is dead. */
const deadAfterClaims = 10;

/** Nothing may be delivered to the consumer between the look and its end. */
const removeIdle = `
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1`;

export class Group {
  /** Where the group is to begin when it has to be made again; undefined until it was there once. */
  #again: string | undefined;
  #tidiedAt = performance.now();

  constructor(
    private readonly settings: RedisStreamsSettings,
    private readonly commands: StreamCommands,
    private readonly counts: StreamCounts,
    private readonly tell: (text: string) => void,
  ) {}

  /**
   * Make the group, and the stream, where there is none.
   *
   * @throws what the server replies: that the key holds no stream, say.
   */
  async ensure(): Promise<void> {
    const { stream, group, from } = this.settings;
    const begin = this.#again ?? from;
    const made = await this.#make(begin);
    if (made && this.#again !== undefined) {
      const what = `the group "${group}" of the stream "${stream}" was gone, and was made again`;
      this.tell(`${what} from ${begin} on: entries behind it that were acknowledged come again`);
    }
    if (this.#again === undefined) this.#again = from === '$' ? await this.#lastDelivered() : from;
  }

  /** This consumer's own entries that are not acknowledged, behind an id. */
  async ownPending(count: number, after: string): Promise<Entry[]> {
    const { stream, group, consumer } = this.settings;
    const read = ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', String(count), 'STREAMS', stream, after];
    return entriesRead(await this.commands.ask(...read));
  }

  /**
   * Take over entries that have had no sign of their consumer for `claimAfterMs`.
   *
   * @returns the entries, ids of those that are no longer there, and where to go on; `0-0`: all were looked at.
   */
  async claim(cursor: string, count: number): Promise<{ entries: Entry[]; gone: string[]; next: string }> {
    const { stream, group, consumer, claimAfterMs } = this.settings;
    const ends = [String(claimAfterMs), cursor, 'COUNT', String(count)];
    const reply = await this.commands.ask('XAUTOCLAIM', stream, group, consumer, ...ends);
    const [next, entries, gone] = reply as [Buffer, RedisValue, RedisValue?];
    if (gone === undefined) throw new SourceError('the source redis-streams needs Redis 7.0 or later');
    return { entries: entriesOf(entries), gone: textsOf(gone), next: next.toString('latin1') };
  }

  /** Say that entries are being worked on. */
  async keep(ids: readonly string[]): Promise<void> {
    const { stream, group, consumer } = this.settings;
    await this.#forAll(ids, (some) => [['XCLAIM', stream, group, consumer, '0', ...some, 'JUSTID']]);
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    const { stream, group, deleteAfterAck } = this.settings;
    await this.#forAll(ids, (some) => [
      ['XACK', stream, group, ...some],
      ...(deleteAfterAck ? [['XDEL', stream, ...some]] : []),
    ]);
  }

  /**
   * Let others take over at once what this consumer still has, and remove it where it has nothing.
   *
   * @returns how many entries of it are no longer in the stream.
   */
  async leave(): Promise<number> {
    const { stream, group, consumer } = this.settings;
    let gone = 0;
    for (let after = '-'; ; ) {
      const page = String(idsOfCommand);
      const reply = await this.#unlessGone('XPENDING', stream, group, after, '+', page, consumer);
      const ids = ((reply ?? []) as [Buffer][]).map(([id]) => id.toString('latin1'));
      const last = ids.at(-1);
      if (last === undefined) break;
      const idle = ['IDLE', String(handedBackMs), 'JUSTID'];
      const kept = await this.commands.ask('XCLAIM', stream, group, consumer, '0', ...ids, ...idle);
      gone += ids.length - (kept as RedisValue[]).length;
      after = `(${last}`;
    }
    await this.#removeIdle(consumer);
    return gone;
  }

  /** Look at how far the group is. */
  async look(): Promise<void> {
    const { stream, group } = this.settings;
    const replies = await this.commands.askAll([
      ['XINFO', 'STREAM', stream],
      ['XINFO', 'GROUPS', stream],
    ]);
    const of = membersOf(replies[0] as RedisValue);
    const own = this.#ownOf(replies[1] as RedisValue);
    if (own === undefined) return;
    const { counts } = this;
    const numberOf = (value: RedisValue | undefined) => (typeof value === 'number' ? value : undefined);
    const length = numberOf(of.get('length')) ?? 0;
    const lag = numberOf(own.get('lag'));
    // Redis counts what was trimmed before it was read, and goes on counting it.
    counts.lag = lag === undefined ? undefined : Math.min(lag, length);
    counts.pending = numberOf(own.get('pending'));
    const read = numberOf(own.get('entries-read'));
    const added = numberOf(of.get('entries-added'));
    if (read === undefined || added === undefined) return;
    const unread = added - length - read;
    if (unread <= counts.unread) return;
    counts.unread = unread;
    const what = `at least ${unread} entries left the stream "${stream}" before the group "${group}" had them`;
    this.tell(`${what}: they were trimmed or deleted, and are lost to it`);
  }

  /** Now and then: remove consumers that nobody has named, are dead, and have nothing pending. */
  async tidy(): Promise<void> {
    const { stream, group, consumer, claimAfterMs } = this.settings;
    const deadMs = deadAfterClaims * claimAfterMs;
    if (performance.now() < this.#tidiedAt + deadMs) return;
    this.#tidiedAt = performance.now();
    const consumers = (await this.commands.ask('XINFO', 'CONSUMERS', stream, group)) as RedisValue[];
    for (const each of consumers.map(membersOf)) {
      const name = String(each.get('name'));
      const isDead = each.get('pending') === 0 && (each.get('idle') as number) > deadMs;
      if (isDead && name.startsWith(ownNames) && name !== consumer) await this.#removeIdle(name);
    }
  }

  async #removeIdle(name: string): Promise<void> {
    const { stream, group } = this.settings;
    await this.#unlessGone('EVAL', removeIdle, '1', stream, group, name);
  }

  /** @returns whether it was made; false where it is there, or where this user may not make it. */
  async #make(begin: string): Promise<boolean> {
    const { stream, group } = this.settings;
    try {
      await this.commands.ask('XGROUP', 'CREATE', stream, group, begin, 'MKSTREAM');
      return true;
    } catch (error) {
      if (repliesWith(error, 'BUSYGROUP', 'NOPERM')) return false;
      throw error;
    }
  }

  /** Ask, where a group that is gone, or a command that this user may not use, is no matter. */
  async #unlessGone(...args: readonly string[]): Promise<RedisValue> {
    try {
      return await this.commands.ask(...args);
    } catch (error) {
      if (repliesWith(error, 'NOGROUP', 'NOPERM')) return null;
      throw error;
    }
  }

  async #lastDelivered(): Promise<string | undefined> {
    const own = this.#ownOf(await this.commands.ask('XINFO', 'GROUPS', this.settings.stream));
    const id = own?.get('last-delivered-id');
    return id === undefined ? undefined : String(id);
  }

  #ownOf(groups: RedisValue): ReadonlyMap<string, RedisValue> | undefined {
    const all = (groups as RedisValue[]).map(membersOf);
    return all.find((each) => String(each.get('name')) === this.settings.group);
  }

  async #forAll(
    ids: readonly string[],
    commandsOf: (some: readonly string[]) => readonly (readonly string[])[],
  ): Promise<void> {
    for (let at = 0; at < ids.length; at += idsOfCommand)
      await this.commands.askAll(commandsOf(ids.slice(at, at + idsOfCommand)));
  }
}

/** Whether an error is a reply of the server that begins with one of these words. */
function repliesWith(error: unknown, ...words: readonly string[]): boolean {
  const [word = ''] = /^[A-Z]+/.exec(messageOf(error)) ?? [];
  return words.includes(word);
}
