/**
 * The JetStream sink's module, which a flusher loads.
 */
import { endsConnection, isForbidden, mayMissStream } from '../../nats/error-meaning.js';
import { subjectOf } from '../../nats/subject-template.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type OpenContext, type WriteContext } from '../../sink.js';
import { ConnectError, Sessions } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { BatchMessages } from './batch-messages.js';
import { classifyNatsError } from './classify.js';
import { makerOf } from './formats.js';
import type { JetStreamSettings } from './options.js';
import { checkKeys } from './partitions.js';
import { publishAll, Verdicts } from './publish.js';
import { type Message, NatsSession } from './session.js';
import { ensureStream, type StreamFacts } from './stream.js';
import { StreamError } from './stream-error.js';

export default defineSink((settings: JetStreamSettings) => {
  const { stream, subject: template, partitionBy = [], maxInFlight, ordered } = settings;
  const sessions = new Sessions<NatsSession>('NATS', (signal) => NatsSession.open(settings, signal));
  const messages = new Map<string, BatchMessages>();
  /** Undefined until the stream was found to be there, and again when it may be gone. */
  let facts: StreamFacts | undefined;
  let retryBudgetMs = 0;

  const warn = (text: string) => process.emitWarning(text, 'JetStreamWarning');

  const checked = async (session: NatsSession): Promise<StreamFacts> => {
    const subjects = [...messages.keys()].map((schema) => subjectOf(template, schema, 0));
    facts ??= await ensureStream(session, settings, subjects, retryBudgetMs, warn);
    return facts;
  };

  const prepare = async (schema: Schema) => {
    checkKeys(schema, partitionBy);
    messages.set(schema.name, new BatchMessages(settings, schema, await makerOf(schema, settings)));
    // Whether the stream listens to its subject, too.
    facts = undefined;
  };

  /** Do something by a connection, which serves others afterwards if it can. */
  const withSession = async <R>(
    signal: AbortSignal | undefined,
    work: (session: NatsSession) => Promise<R>,
  ): Promise<R> => {
    const session = await sessions.take(signal);
    try {
      return await untilAborted(work(session), signal);
    } catch (error) {
      if (endsConnection(error)) session.spend();
      throw error;
    } finally {
      if (signal?.aborted) sessions.abandon(session);
      else sessions.give(session);
    }
  };

  return {
    async open({ schemas, retryBudgetMs: budget }: OpenContext<JetStreamSettings>) {
      retryBudgetMs = budget ?? 0;
      for (const schema of schemas) await prepare(schema);
      try {
        await withSession(undefined, checked);
      } catch (error) {
        const isAway = error instanceof ConnectError || classifyNatsError(error).verdict === 'retry';
        if (settings.requireServer || error instanceof StreamError || !isAway) throw error;
        // Rows wait in the ring until the server is there.
        warn(`${(error as Error).message}; the flow goes on, and tries again`);
      }
    },
    async prepare(schema: Schema) {
      if (!messages.has(schema.name)) await prepare(schema);
    },
    write: (batch: Batch, { signal }: WriteContext<JetStreamSettings>) =>
      withSession(signal, async (session) => {
        const { maxMessageBytes } = await checked(session);
        const publish = async (message: Message) => {
          try {
            return await session.publish(message);
          } catch (error) {
            if (mayMissStream(error)) facts = undefined;
            throw error;
          }
        };
        const verdicts = new Verdicts(batch.length);
        const most = Math.min(session.maxPayload, maxMessageBytes);
        const lanes = (messages.get(batch.schema.name) as BatchMessages).lanes(batch, most, (row, error) =>
          verdicts.refused(row, error),
        );
        await publishAll(
          { publish, isUsable: () => session.isUsable },
          lanes,
          verdicts,
          maxInFlight,
          ordered,
          signal,
        );
        return verdicts.result();
      }),
    health: (signal: AbortSignal) =>
      withSession(signal, async ({ manager }) => {
        try {
          await manager.streams.info(stream.name);
        } catch (error) {
          // The server answers a user who may not ask.
          if (!isForbidden(error)) throw error;
        }
      }),
    close: () => sessions.close(),
    classify: classifyNatsError,
  };
});
