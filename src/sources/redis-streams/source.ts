/**
 * The source that reads a stream of Redis, loaded by the source's thread. A unit is an entry.
 *
 *     its own, of before ─▶ XREADGROUP new ones ─▶ rows ─▶ XACK
 *                      └──▶ XAUTOCLAIM those of the dead, now and then
 */
import { setTimeout as pause } from 'node:timers/promises';
import { SourceError } from '../../errors.js';
import { meaningOf } from '../../redis/reply-meaning.js';
import { ConnectError } from '../../sinks/connections/sessions.js';
import { defineSource, type Source, type SourceContext } from '../../source.js';
import type { Entry } from './entry.js';
import { EntryEvents } from './entry-events.js';
import { Group } from './group.js';
import type { RedisStreamsSettings } from './options.js';
import { StreamCommands } from './stream-commands.js';
import { StreamCounts } from './stream-counts.js';

/** Room that is waited for, so that a fetch is worth its round trip. */
const roomForFetch = 64;
/** Looks for entries of the dead are at most so far apart, and so are looks at the group. */
const mostLookMs = 5000;
const firstAckPauseMs = 50;
const longestAckPauseMs = 1000;
/** How long acknowledgements are tried again when the flow ends. */
const lastAckMs = 1000;
/** How long leaving the group may take. */
const leaveMs = 3000;

class RedisStreamsSource implements Source<RedisStreamsSettings, string> {
  readonly workingMs: number;
  readonly #commands: StreamCommands;
  readonly #counts = new StreamCounts();
  readonly #group: Group;
  /** Ids of entries whose units are under way. */
  readonly #underWay = new Set<string>();
  /** Entries that were fetched, and whose units have not begun. */
  #fetched: Entry[] = [];
  /** Where the look for entries of the dead goes on. */
  #cursor = '0-0';
  #claimAt = 0;
  #signal = AbortSignal.abort();
  #tell: (text: string) => void = () => {};
  #looking: NodeJS.Timeout | undefined;

  constructor(private readonly settings: RedisStreamsSettings) {
    // A unit is named at the latest after two intervals.
    this.workingMs = Math.ceil(settings.claimAfterMs / 5);
    this.#commands = new StreamCommands(settings);
    this.#group = new Group(settings, this.#commands, this.#counts, (text) => this.#tell(text));
  }

  async open(context: SourceContext<RedisStreamsSettings, string>): Promise<void> {
    this.#signal = context.signal;
    this.#tell = (text) => context.report(new SourceError(text));
    this.#counts.register(context);
    // A schema that there is not is told before an entry is read.
    new EntryEvents(context, this.settings);
    try {
      await this.#group.ensure();
    } catch (error) {
      if (this.settings.requireServer || !(error instanceof ConnectError)) {
        await this.#commands.close();
        throw error;
      }
      process.emitWarning(`${error.message}; the flow goes on, and tries again`, 'RedisWarning');
    }
    const look = async () => {
      await this.#group.look();
      context.metricsChanged();
    };
    const lookNow = () => void look().catch(() => {});
    lookNow();
    this.#looking = setInterval(lookNow, mostLookMs).unref();
  }

  async run(context: SourceContext<RedisStreamsSettings, string>): Promise<void> {
    const { signal } = context;
    const events = new EntryEvents(context, this.settings);
    this.#fetched = [];
    await this.#group.ensure();
    await this.#deliverOwn(context, events);
    while (!signal.aborted) {
      const count = await this.#room(context);
      const untilClaim = this.#claimAt - performance.now();
      if (untilClaim > 0)
        await this.#deliver(await this.#commands.fetch(count, untilClaim, signal), context, events);
      else await this.#claim(count, context, events);
    }
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    try {
      await this.#acknowledge(ids);
    } finally {
      for (const id of ids) this.#underWay.delete(id);
    }
  }

  /** The next run reads them again, or another worker, when this one has left the group. */
  handBack(ids: readonly string[]): void {
    for (const id of ids) this.#underWay.delete(id);
  }

  /** Entries that wait for room belong to this worker, too. */
  working(ids: readonly string[]): Promise<void> {
    return this.#group.keep([...ids, ...this.#fetched.map(({ id }) => id)]);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    const late = pause(leaveMs, undefined, { ref: false }).then(() => {
      throw new SourceError('Redis gave no reply: what is pending is delivered again after `claimAfterMs`');
    });
    try {
      this.#lost(await Promise.race([this.#group.leave(), late]));
    } finally {
      late.catch(() => {});
      await this.#commands.close();
    }
  }

  /** Entries of this consumer that were delivered before: by a thread, or a process, that has ended. */
  async #deliverOwn(context: SourceContext, events: EntryEvents): Promise<void> {
    for (let after = '0'; !context.signal.aborted; ) {
      const entries = await this.#group.ownPending(await this.#room(context), after);
      const last = entries.at(-1);
      if (last === undefined) return;
      after = last.id;
      const gone = entries.filter(({ id, fields }) => fields === null && !this.#underWay.has(id));
      this.#lost(gone.length);
      await this.#group.acknowledge(gone.map(({ id }) => id));
      this.#counts.repeated += await this.#deliver(entries, context, events);
      context.metricsChanged();
    }
  }

  async #claim(count: number, context: SourceContext, events: EntryEvents): Promise<void> {
    const { entries, gone, next } = await this.#group.claim(this.#cursor, count);
    this.#cursor = next;
    this.#lost(gone.filter((id) => !this.#underWay.has(id)).length);
    const claimed = await this.#deliver(entries, context, events);
    this.#counts.claimed += claimed;
    if (claimed + gone.length > 0) context.metricsChanged();
    if (next !== '0-0') return;
    this.#claimAt = performance.now() + Math.min(mostLookMs, this.settings.claimAfterMs / 2);
    await this.#group.tidy();
  }

  /** How many entries may be fetched. */
  async #room(context: SourceContext): Promise<number> {
    const { maxFetch } = this.settings;
    await context.whenRoom(Math.min(maxFetch, roomForFetch));
    return Math.max(1, Math.min(maxFetch, context.room));
  }

  /** @returns how many of them were not under way. */
  async #deliver(entries: readonly Entry[], context: SourceContext, events: EntryEvents): Promise<number> {
    const fresh = entries.filter(({ id, fields }) => fields !== null && !this.#underWay.has(id));
    this.#fetched = fresh;
    for (const entry of fresh) {
      this.#underWay.add(entry.id);
      const delivery = context.begin(entry.id);
      const pushed = events.push(entry as Parameters<EntryEvents['push']>[0], delivery);
      if (pushed !== undefined) await pushed;
      delivery.done();
    }
    this.#fetched = [];
    return fresh.length;
  }

  /** Rows are stored: what is not acknowledged now would be stored twice. */
  async #acknowledge(ids: readonly string[]): Promise<void> {
    let end = performance.now() + this.settings.claimAfterMs;
    for (let pauseMs = firstAckPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestAckPauseMs)) {
      try {
        await this.#group.acknowledge(ids);
        return;
      } catch (error) {
        if (this.#signal.aborted) end = Math.min(end, performance.now() + lastAckMs);
        if (!mayPass(error) || performance.now() >= end) throw error;
      }
      await pause(pauseMs);
    }
  }

  /** Tell of entries that no consumer can have any more. */
  #lost(count: number): void {
    if (count === 0) return;
    this.#counts.lost += count;
    const { stream } = this.settings;
    this.#tell(`${count} entries left the stream "${stream}" before they were acknowledged: they are lost, unless \
their worker had delivered them`);
  }
}

/** Whether the same command may be done later. */
function mayPass(error: unknown): boolean {
  const { reason } = meaningOf(error instanceof ConnectError ? error.cause : error) ?? {};
  return reason === 'connection' || reason === 'overload' || reason === 'timeout';
}

export default defineSource((settings: RedisStreamsSettings) => new RedisStreamsSource(settings) as Source);
