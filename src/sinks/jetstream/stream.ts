/**
 * The stream: made where there is none, and compared with what the options say of it.
 */
import type { StreamConfig } from '@nats-io/jetstream';
import { messageOf } from '../../describe.js';
import { isForbidden } from '../../nats/error-meaning.js';
import { isHeard, subjectsOf } from '../../nats/subject-template.js';
import { jetStreamNumber, ofNats } from '../../target-errors/nats.js';
import type { JetStreamSettings } from './options.js';
import type { NatsSession } from './session.js';
import { StreamError } from './stream-error.js';

const nanosOfMs = 1e6;
/** The server's own. */
const usualWindowMs = 120_000;
const notFound = 10_059;
const isThereOtherwise = 10_058;

/** What the sink has to know of its stream. */
export interface StreamFacts {
  /** The largest message, with its headers; Infinity: no limit of its own. */
  readonly maxMessageBytes: number;
}

/**
 * Make sure that the stream is there and can serve.
 *
 * @param subjects those that messages are to have, as far as they are known.
 * @param retryBudgetMs how long a batch may be tried.
 * @param warn receives what is unwise.
 * @throws StreamError where the stream cannot serve; what the client says where it cannot be asked.
 */
export async function ensureStream(
  session: NatsSession,
  settings: JetStreamSettings,
  subjects: readonly string[],
  retryBudgetMs: number,
  warn: (text: string) => void,
): Promise<StreamFacts> {
  const { stream } = settings;
  let config: StreamConfig;
  try {
    config = await lookedUpOrMade(session, settings, retryBudgetMs);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    warn(`the user may not look at stream "${stream.name}", so it is not checked`);
    return { maxMessageBytes: Number.POSITIVE_INFINITY };
  }
  const fault = faultOf(config, settings, subjects);
  if (fault !== undefined) throw new StreamError(stream.name, fault);
  for (const doubt of doubtsOf(config, settings, retryBudgetMs)) warn(`stream "${stream.name}" ${doubt}`);
  return { maxMessageBytes: config.max_msg_size > 0 ? config.max_msg_size : Number.POSITIVE_INFINITY };
}

async function lookedUpOrMade(
  { manager }: NatsSession,
  settings: JetStreamSettings,
  retryBudgetMs: number,
): Promise<StreamConfig> {
  const { stream } = settings;
  try {
    return (await manager.streams.info(stream.name)).config;
  } catch (error) {
    if (jetStreamNumber(error) !== notFound) throw error;
    if (!stream.create) throw new StreamError(stream.name, 'there is no such stream', { cause: error });
  }
  try {
    return (await manager.streams.add(configOf(settings, retryBudgetMs) as StreamConfig)).config;
  } catch (error) {
    // Another flusher, or another host, was faster.
    if (jetStreamNumber(error) === isThereOtherwise) return (await manager.streams.info(stream.name)).config;
    // A cluster that has no leader at this moment, or misses servers, may make it later.
    if (jetStreamNumber(error) === undefined || ofNats(error)?.reason === 'connection') throw error;
    throw new StreamError(stream.name, `it cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

/** A new stream's configuration. */
function configOf({ stream, subject }: JetStreamSettings, retryBudgetMs: number): Partial<StreamConfig> {
  const windowMs = stream.duplicateWindowMs ?? Math.max(usualWindowMs, retryBudgetMs);
  return {
    name: stream.name,
    subjects: [...(stream.subjects ?? [subjectsOf(subject)])],
    storage: stream.storage ?? 'file',
    num_replicas: stream.replicas ?? 1,
    retention: stream.retention ?? 'limits',
    discard: stream.discard ?? 'new',
    max_bytes: stream.maxBytes ?? -1,
    max_msgs: stream.maxMessages ?? -1,
    max_age: (stream.maxAgeMs ?? 0) * nanosOfMs,
    max_msg_size: stream.maxMessageBytes ?? -1,
    // It must not be longer than messages live.
    duplicate_window: Math.min(windowMs, stream.maxAgeMs ?? windowMs) * nanosOfMs,
  } as Partial<StreamConfig>;
}

/** Why a stream cannot serve. */
function faultOf(
  config: StreamConfig,
  { stream }: JetStreamSettings,
  subjects: readonly string[],
): string | undefined {
  if (config.no_ack === true) return 'it acknowledges no message (no_ack)';
  if (config.sealed) return 'it is sealed, and takes no message';
  if (config.mirror !== undefined) return 'it is a mirror, and takes no message';
  for (const subject of subjects) {
    if (config.subjects?.some((filter) => isHeard(filter, subject)) !== true) {
      return `it does not listen to ${subject}, but to ${config.subjects?.join(', ') || 'nothing'}`;
    }
  }
  const compared: readonly (readonly [option: string, wanted: unknown, found: unknown])[] = [
    ['storage', stream.storage, config.storage],
    ['replicas', stream.replicas, config.num_replicas],
    ['retention', stream.retention, config.retention],
    ['discard', stream.discard, config.discard],
    ['maxBytes', stream.maxBytes, config.max_bytes],
    ['maxMessages', stream.maxMessages, config.max_msgs],
    ['maxAgeMs', stream.maxAgeMs, config.max_age / nanosOfMs],
    ['maxMessageBytes', stream.maxMessageBytes, config.max_msg_size],
    ['duplicateWindowMs', stream.duplicateWindowMs, config.duplicate_window / nanosOfMs],
  ];
  const other = compared.find(([, wanted, found]) => wanted !== undefined && wanted !== found);
  if (other === undefined) return undefined;
  const [option, wanted, found] = other;
  return `${option} is ${String(found)} there, and ${String(wanted)} in the options`;
}

/** What of a stream is unwise, and was not asked for. */
function doubtsOf(config: StreamConfig, { stream }: JetStreamSettings, retryBudgetMs: number): string[] {
  const doubts: string[] = [];
  const windowMs = config.duplicate_window / nanosOfMs;
  if (windowMs < retryBudgetMs && stream.duplicateWindowMs === undefined) {
    doubts.push(`forgets ids after ${windowMs} ms, and a batch may be tried for ${retryBudgetMs} ms`);
  }
  const isBounded = config.max_bytes > 0 || config.max_msgs > 0;
  if (config.discard === 'old' && isBounded && stream.discard === undefined) {
    doubts.push("drops its oldest messages when it is full, read or not (discard: 'old')");
  }
  if (config.storage === 'memory' && stream.storage === undefined) {
    doubts.push('is kept in memory, and is lost with its servers');
  }
  return doubts;
}
