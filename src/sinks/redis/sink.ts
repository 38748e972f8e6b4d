/**
 * The Redis sink's module, which a flusher loads.
 */
import { SinkError } from '../../errors.js';
import { redisSessions } from '../../redis/redis-sessions.js';
import { command } from '../../redis/wire/commands.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type OpenContext, type WriteContext } from '../../sink.js';
import { ConnectError } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { classifyRedisError } from './classify.js';
import type { RedisSettings } from './options.js';
import type { RowEncoder } from './row-commands.js';
import { encoderOf } from './row-encoders.js';
import { storeRows } from './store-rows.js';

export default defineSink((settings: RedisSettings) => {
  const { cluster, rows } = settings;
  const sessions = redisSessions(settings);
  const encoders = new Map<string, RowEncoder>();

  const prepare = async (schema: Schema) => {
    const row = Object.hasOwn(rows.bySchema, schema.name) ? rows.bySchema[schema.name] : rows.others;
    if (row === undefined) {
      throw new SinkError(
        `the redis sink is not told what becomes of rows of "${schema.name}": name it in \`schemas\``,
      );
    }
    encoders.set(schema.name, await encoderOf(schema, row));
  };

  /** Ask the server whether it is there. A cluster is there when it says so at once. */
  const ping = async (signal?: AbortSignal) => {
    const session = await sessions.take(signal);
    try {
      let failure: Error | undefined;
      const replies = { replied: (error: Error | undefined) => (failure ??= error) };
      const check = cluster === undefined ? ['PING'] : ['EXISTS', 'batchflow:health'];
      await untilAborted(session.send(command(check), 1, replies), signal);
      // A user without the right to ask has been answered.
      if (failure !== undefined && !failure.message.startsWith('NOPERM ')) throw failure;
    } finally {
      if (signal?.aborted) sessions.abandon(session);
      else sessions.give(session);
    }
  };

  return {
    async open({ schemas }: OpenContext<RedisSettings>) {
      for (const schema of schemas) await prepare(schema);
      try {
        sessions.give(await sessions.take());
      } catch (error) {
        if (settings.requireServer || !(error instanceof ConnectError)) throw error;
        // Rows wait in the ring until the server is there.
        process.emitWarning(`${error.message}; the flow goes on, and tries again`, 'RedisWarning');
      }
    },
    async prepare(schema: Schema) {
      if (!encoders.has(schema.name)) await prepare(schema);
    },
    async write(batch: Batch, { signal }: WriteContext<RedisSettings>) {
      const session = await sessions.take(signal);
      try {
        return await storeRows(session, encoders.get(batch.schema.name) as RowEncoder, batch, signal);
      } finally {
        if (signal.aborted) sessions.abandon(session);
        else sessions.give(session);
      }
    },
    health: ping,
    close: () => sessions.close(),
    classify: classifyRedisError,
  };
});
