/**
 * The SQLite sink's module, which a flusher loads: one connection, a writer for each schema.
 *
 * SQLite works on the calling thread. Here that is the flusher's, which has nothing else to do meanwhile. Only
 * waiting for other writers of the file is done outside SQLite, so that it can be stopped.
 */
import { basename } from 'node:path';
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { hasPeer } from '../../peer-packages.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { defineSink, type Sink, type WriteResult } from '../../sink.js';
import { drySink } from '../sql/dry-sink.js';
import { type Generated, generatedSql } from '../sql/generated.js';
import { latePlanOf, plansOf, type TablePlan } from '../sql/table-plan.js';
import { WriteAnswer } from '../sql/write-answer.js';
import { badTexts } from './bad-texts.js';
import { whileBusy } from './busy-wait.js';
import { classifySqliteError } from './classify.js';
import { type Connection, connect, loadDriver } from './connection.js';
import { LogSize } from './log-size.js';
import type { SqliteSettings } from './options.js';
import { prepareTable } from './prepare-table.js';
import { TableWriter } from './table-writer.js';
import { writeError } from './write-error.js';

const none: ReadonlyMap<number, unknown> = new Map();

export default defineSink((settings: SqliteSettings): Sink => {
  if (settings.dryRun) return drySink(settings.tables);
  let connection: Connection | undefined;
  let log: LogSize | undefined;
  const writers = new Map<string, (batch: Batch) => WriteResult | undefined>();
  const known: Schema[] = [];
  let generated: Generated | undefined;
  const addWriter = (plan: TablePlan, { db, file }: Connection, size: LogSize) => {
    const { table, schema, badText } = plan;
    const writer = new TableWriter(db, plan);
    known.push(schema);
    writers.set(schema.name, (batch) => {
      file.check();
      const answer = new WriteAnswer(batch, plan, badText === 'refuse' ? badTexts(batch) : none);
      const { rows, skipped, repeated } = answer;
      generated?.(schema, generatedSql(plan, batch.length, rows.length, repeated));
      try {
        writer.write(rows, skipped);
      } catch (cause) {
        throw writeError(cause, table, schema, settings.file);
      }
      size.committed(file.check());
      return answer.result();
    });
  };
  const patience = () => performance.now() + settings.busyTimeoutMs;
  return {
    async open(context) {
      const { schemas, metricsChanged } = context;
      generated = context.generated;
      const plans = plansOf(schemas, settings.tables);
      // Before the clock of the first wait starts.
      await loadDriver();
      connection = await connect(settings, patience());
      const { db, file } = connection;
      try {
        const prepare = db.transaction(() => {
          for (const plan of plans) prepareTable(db, plan, settings.addsColumns);
        });
        await whileBusy(() => prepare.immediate(), patience());
        file.watchLog();
        file.check();
      } catch (cause) {
        db.close();
        if (cause instanceof SinkError) throw cause;
        throw new SinkError(`cannot prepare the tables in ${settings.file}: ${messageOf(cause)}`, { cause });
      }
      log = new LogSize(db, file, metricsChanged);
      // Without prom-client no program can show it; a caller of its own may have no registry, either.
      if (hasPeer('prom-client') && context.metrics !== undefined)
        log.register(context.metrics, basename(settings.file));
      for (const plan of plans) addWriter(plan, connection, log);
    },
    prepare(schema) {
      // `open` has made the tables of the schemas that it knew.
      if (writers.has(schema.name) || connection === undefined || log === undefined) return;
      const opened = connection;
      const size = log;
      const plan = latePlanOf(schema, known, settings.tables);
      const { db } = opened;
      const prepare = db.transaction(() => prepareTable(db, plan, settings.addsColumns));
      return whileBusy(() => {
        prepare.immediate();
        addWriter(plan, opened, size);
      }, patience());
    },
    write(batch, { signal }) {
      signal.throwIfAborted();
      const store = writers.get(batch.schema.name) as (batch: Batch) => WriteResult | undefined;
      return whileBusy(() => store(batch), patience(), signal);
    },
    classify: classifySqliteError,
    health() {
      connection?.file.check();
      connection?.db.prepare('SELECT 1').get();
    },
    close() {
      log?.close();
      connection?.db.close();
    },
  };
});
