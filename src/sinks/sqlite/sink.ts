/**
 * The SQLite sink's module, which a flusher loads: one connection, a writer for each schema.
 *
 * SQLite works on the calling thread. Here that is the flusher's, which has nothing else to do meanwhile.
 */
import type Sqlite from 'better-sqlite3';
import { messageOf, SinkError } from '../../errors.js';
import { defineSink } from '../../sink.js';
import { connect } from './connection.js';
import type { SqliteSettings } from './options.js';
import { prepareTable, tablesOf } from './prepare-table.js';
import { TableWriter } from './table-writer.js';

export default defineSink((settings: SqliteSettings) => {
  let db: Sqlite.Database | undefined;
  const writers = new Map<string, TableWriter>();
  return {
    async open({ schemas }) {
      const tables = tablesOf(schemas, settings);
      const opened = await connect(settings);
      db = opened;
      try {
        const prepare = opened.transaction(() => {
          for (const [schema, table] of tables) prepareTable(opened, table, schema, settings);
        });
        prepare.immediate();
      } catch (cause) {
        opened.close();
        if (cause instanceof SinkError) throw cause;
        throw new SinkError(`cannot prepare the tables in ${settings.file}: ${messageOf(cause)}`, { cause });
      }
      for (const [schema, table] of tables) {
        writers.set(schema.name, new TableWriter(opened, table, schema, settings));
      }
    },
    write(batch, { signal }) {
      signal.throwIfAborted();
      (writers.get(batch.schema.name) as TableWriter).write(batch);
    },
    close() {
      db?.close();
    },
  };
});
