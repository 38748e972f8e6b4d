/**
 * What each session sets, whatever the server has.
 */
import type { MysqlSettings } from './options.js';

/**
 * Values that do not fit are errors: by default some servers store others in their place. 0 is a value like others in
 * a column that counts by itself.
 */
const modes = [
  'STRICT_ALL_TABLES',
  'STRICT_TRANS_TABLES',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_ENGINE_SUBSTITUTION',
  'NO_ZERO_DATE',
  'NO_ZERO_IN_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
];

/** The statement that sets it. Limits of locks are whole seconds; one of statements is known to MariaDB alone. */
export function sessionSql(
  { statementTimeoutMs, lockTimeoutMs }: Pick<MysqlSettings, 'statementTimeoutMs' | 'lockTimeoutMs'>,
  isMariadb: boolean,
): string {
  const lockSeconds = Math.ceil(lockTimeoutMs / 1000);
  const settings = [
    `sql_mode = '${modes.join(',')}'`,
    "time_zone = '+00:00'",
    'autocommit = 1',
    // A commit would otherwise begin the next transaction, in which rows are not committed.
    "completion_type = 'NO_CHAIN'",
    // Rows and values are found in the texts of errors.
    "lc_messages = 'en_US'",
    ...(lockSeconds > 0
      ? [`innodb_lock_wait_timeout = ${lockSeconds}`, `lock_wait_timeout = ${lockSeconds}`]
      : []),
    ...(isMariadb ? [`max_statement_time = ${statementTimeoutMs / 1000}`] : []),
  ];
  return `SET SESSION ${settings.join(', ')}`;
}
