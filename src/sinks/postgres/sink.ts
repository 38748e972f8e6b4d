/**
 * The PostgreSQL sink's module, which a flusher loads.
 */
import { defineSink } from '../../sink.js';
import { Sessions } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { tableSink } from '../sql/table-sink.js';
import { classifyPostgresError } from './classify.js';
import { connectionConfig } from './connection-config.js';
import type { PostgresSettings } from './options.js';
import { Session } from './session.js';
import { postgresDriver } from './table-driver.js';

export default defineSink((settings: PostgresSettings) => {
  const sessions = new Sessions('PostgreSQL', async (signal) =>
    Session.open(await untilAborted(connectionConfig(settings), signal), signal),
  );
  return {
    ...tableSink(settings, sessions, postgresDriver(settings), 'PostgresWarning'),
    classify: classifyPostgresError,
  };
});
