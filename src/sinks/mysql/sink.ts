/**
 * The MySQL sink's module, which a flusher loads.
 */
import { defineSink, type OpenContext } from '../../sink.js';
import { Sessions } from '../connections/sessions.js';
import { untilAborted } from '../connections/until-aborted.js';
import { tableSink } from '../sql/table-sink.js';
import { classifyMysqlError } from './classify.js';
import { connectionConfig } from './connection-config.js';
import type { MysqlSettings } from './options.js';
import { Session } from './session.js';
import { sessionSql } from './session-settings.js';
import { mysqlDriver } from './table-driver.js';
import { registerWay } from './way-metric.js';
import { Ways } from './ways.js';

const warning = 'MysqlWarning';

export default defineSink((settings: MysqlSettings) => {
  const ways = new Ways(settings.way, (text) => process.emitWarning(text, warning));
  const settingsSql = (isMariadb: boolean) => sessionSql(settings, isMariadb);
  const sessions = new Sessions('MySQL', async (signal) =>
    Session.open(await untilAborted(connectionConfig(settings), signal), settingsSql, signal),
  );
  const { open, ...sink } = tableSink(settings, sessions, mysqlDriver(ways), warning);
  return {
    ...sink,
    async open(context: OpenContext<MysqlSettings>) {
      registerWay(context, ways);
      await open(context);
    },
    classify: classifyMysqlError,
  };
});
