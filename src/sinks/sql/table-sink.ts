/**
 * The sink of a database: a connection for each write at a time, a writer for each schema.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Sink } from '../../sink.js';
import { ConnectError, type Sessions } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { drySink } from './dry-sink.js';
import type { Generated } from './generated.js';
import type { TablesSettings } from './options.js';
import type { SqlSession } from './sql-session.js';
import { latePlanOf, plansOf } from './table-plan.js';
import { type TableDriver, TableWriter } from './table-writer.js';

interface TableSinkSettings {
  readonly tables: TablesSettings;
  readonly requireServer: boolean;
  readonly connectTimeoutMs: number;
  readonly dryRun: boolean;
}

/** @param warning the name of the warning for a server that cannot be reached. */
export function tableSink<S extends SqlSession, T>(
  settings: TableSinkSettings,
  sessions: Sessions<S>,
  driver: TableDriver<S, T>,
  warning: string,
): Required<Pick<Sink, 'open' | 'prepare' | 'write' | 'health' | 'close'>> {
  if (settings.dryRun) return drySink(settings.tables);
  const writers = new Map<string, TableWriter<S, T>>();
  const known: Schema[] = [];
  let generated: Generated | undefined;
  return {
    async open({ schemas, generated: tell }) {
      generated = tell;
      for (const plan of plansOf(schemas, settings.tables)) {
        writers.set(plan.schema.name, new TableWriter(plan, sessions, driver, generated));
        known.push(plan.schema);
      }
      // Once to connect, and as long for the tables.
      const late = AbortSignal.timeout(2 * settings.connectTimeoutMs);
      try {
        for (const writer of writers.values()) await writer.prepare(late);
      } catch (error) {
        if (settings.requireServer || isOfConfiguration(error)) {
          await sessions.close();
          throw error;
        }
        // Rows wait in the ring until the server is there. Tables are made or checked then.
        process.emitWarning(`${messageOf(error)}; the flow goes on, and tries again`, warning);
      }
    },
    async prepare(schema) {
      // Those that `open` knew are ready, or are made so by their first write.
      if (writers.has(schema.name)) return;
      const writer = new TableWriter(latePlanOf(schema, known, settings.tables), sessions, driver, generated);
      await writer.prepare();
      writers.set(schema.name, writer);
      known.push(schema);
    },
    write(batch, { signal }) {
      return (writers.get(batch.schema.name) as TableWriter<S, T>).write(batch, signal);
    },
    async health(signal) {
      const session = await sessions.take(signal);
      try {
        await untilAborted(session.rows('SELECT 1'), signal);
      } finally {
        if (signal.aborted) sessions.abandon(session);
        else sessions.give(session);
      }
    },
    close: () => sessions.close(),
  };
}

/**
 * Whether an error says that a table, an option or a file is not what it should be. Others are of the server and the
 * way to it, also where a connection breaks while a table is looked at.
 */
function isOfConfiguration(error: unknown): boolean {
  return error instanceof SinkError && !(error instanceof ConnectError);
}
