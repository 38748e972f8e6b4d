/**
 * What an error of MySQL or MariaDB means for the rows that were to be written: is the server unwell, or are they bad?
 * By the server's number: names of errors differ from server to server.
 */
import { SinkError } from '../../errors.js';
import type { Verdict } from '../../sink.js';
import { BadTextError } from '../sql/bad-text.js';
import { BadValueError } from '../sql/bad-value.js';
import { isNetworkError } from '../sql/network-errors.js';
import { MessageTooLargeError } from '../sql/wire/wire-buffer.js';
import { RowTooLargeError } from './row-too-large.js';

/** The connection, the machine, an operator, or transactions that met. */
const ofServer = [
  // Locks, deadlocks, snapshots.
  ...[1205, 1213, 1206, 1020, 1412, 1637, 3572, 3058],
  // Connections, limits, shutdown, and the network.
  ...[1040, 1041, 1042, 1043, 1047, 1053, 1077, 1079, 1080, 1081, 1129, 1152, 1158, 1159, 1160, 1161],
  ...[1184, 1203, 1226, 1927, 2002, 2003, 2006, 2013, 4031],
  // Statements that were ended.
  ...[1317, 1969, 3024, 3169],
  // Memory, disks, engines, files.
  ...[1021, 1030, 1037, 1038, 1114, 1180, 1181, 1015, 1016, 1017, 1023, 1026, 1041, 1135, 1210, 1461],
  // A server that only reads; a statement that it has forgotten, or has to prepare anew.
  ...[1290, 1792, 1836, 1243, 1615, 3100, 3101],
];

/** The configuration: passwords, names, rights, tables that have changed. It may be put right. */
const ofConfiguration = [
  ...[1044, 1045, 1046, 1049, 1054, 1064, 1110, 1130, 1136, 1142, 1143, 1146, 1227, 1231, 1235, 1251, 1275],
  ...[1298, 1295, 1356, 1364, 1370, 1524, 1698, 1820, 1862, 3118, 3159, 3879, 4033, 1045, 1471, 1906],
];

/** The rows: their values, the rules of the table, what a trigger said. */
const ofRows = [
  ...[1048, 1062, 1118, 1138, 1169, 1216, 1217, 1263, 1264, 1265, 1292, 1300, 1301, 1365, 1366, 1367, 1406],
  ...[1411, 1416, 1425, 1426, 1439, 1441, 1451, 1452, 1526, 1557, 1586, 1644, 1690, 1748, 1761, 1762, 1859],
  ...[3140, 3141, 3156, 3157, 3158, 3616, 3819, 3903, 4025, 4078, 4079],
  // A message that is larger than the server takes: halves of it may not be.
  1153,
];

const verdicts = new Map<number, Verdict>([
  ...[...ofServer, ...ofConfiguration].map((errno) => [errno, 'retry'] as const),
  ...ofRows.map((errno) => [errno, 'fatal'] as const),
]);

/** The number of an error that the server sent, or of an error which explains one. Those of sockets are negative. */
export function errnoOf(error: unknown): number | undefined {
  const errno = (error as { errno?: unknown } | null | undefined)?.errno;
  return typeof errno === 'number' && errno >= 1000 ? errno : undefined;
}

/**
 * What an error that MySQL, MariaDB or `mysql2` threw means, for `classify` of a sink that writes there with any driver
 * whose errors have the server's `errno`. Undefined for other errors.
 *
 * @example
 * export default defineSink({ write: (batch) => insert(batch.rows()), classify: classifyMysqlError });
 */
export function classifyMysqlError(error: unknown): Verdict {
  // Never about a row: the table or the configuration is not what it should be.
  if (error instanceof SinkError) return 'retry';
  if (error instanceof BadTextError || error instanceof BadValueError || error instanceof RowTooLargeError) {
    return 'fatal';
  }
  // Halves of what was too much may fit.
  if (error instanceof MessageTooLargeError) return 'fatal';
  const errno = errnoOf(error);
  if (errno !== undefined) return verdicts.get(errno);
  return isConnectionError(error) ? 'retry' : undefined;
}

/** What `mysql2` says of a connection. */
const ofConnections = /^(PROTOCOL_\w+|HANDSHAKE_\w+|AUTH_SWITCH_\w+)$/;
const withoutCode = /(closed state|Connection lost|Can't write|packets out of order)/;

/** Whether an error is about the way to the server. */
function isConnectionError(error: unknown): boolean {
  if (isNetworkError(error)) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return ofConnections.test(code);
  return error instanceof Error && withoutCode.test(String(message));
}

/** Numbers after which the same connection would fail again: elsewhere there may be a server that can write. */
const endings = new Set([
  1053, 1152, 1153, 1158, 1159, 1160, 1161, 1290, 1792, 1836, 1243, 1927, 2006, 2013, 4031, 1047,
]);

/** Whether the connection is of no more use. */
export function endsSession(error: unknown): boolean {
  const errno = errnoOf(error);
  if (errno === undefined || (error as { fatal?: unknown }).fatal === true) return true;
  return endings.has(errno);
}

/** Whether a table may be another one than was prepared. */
export function isOfAnotherTable(error: unknown): boolean {
  return [1054, 1136, 1146, 1364, 1412].includes(errnoOf(error) ?? 0);
}

/** Whether the server says that it does not execute in bulk, whatever it has told. */
export function refusesBulk(error: unknown): boolean {
  return [1295, 4033].includes(errnoOf(error) ?? 0);
}
