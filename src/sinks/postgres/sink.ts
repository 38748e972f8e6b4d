/**
 * The PostgreSQL sink's module, which a flusher loads: a connection for each write at a time, a writer for each schema.
 */
import { defineSink } from '../../sink.js';
import { plansOf } from '../sql/table-plan.js';
import { classifyPostgresError } from './classify.js';
import type { PostgresSettings } from './options.js';
import { ConnectError, Sessions } from './sessions.js';
import { TableWriter } from './table-writer.js';

export default defineSink((settings: PostgresSettings) => {
  const sessions = new Sessions(settings);
  const writers = new Map<string, TableWriter>();
  return {
    async open({ schemas }) {
      for (const plan of plansOf(schemas, settings.tables)) {
        writers.set(plan.schema.name, new TableWriter(plan, settings, sessions));
      }
      try {
        for (const writer of writers.values()) await writer.prepare();
      } catch (error) {
        if (settings.requireServer || !(error instanceof ConnectError)) {
          await sessions.close();
          throw error;
        }
        // Rows wait in the ring until the server is there. Tables are made or checked then.
        process.emitWarning(`${error.message}; the flow goes on, and tries again`, 'PostgresWarning');
      }
    },
    write(batch, { signal }) {
      return (writers.get(batch.schema.name) as TableWriter).write(batch, signal);
    },
    classify: classifyPostgresError,
    close: () => sessions.close(),
  };
});
