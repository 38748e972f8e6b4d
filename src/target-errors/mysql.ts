/**
 * Errors of MySQL and MariaDB by their number: https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const deadlock = meaning('retry', 'deadlock');
const lockTimeout = meaning('retry', 'lock_timeout');
const connection = meaning('retry', 'connection');
const overload = meaning('retry', 'overload');
const io = meaning('retry', 'io');
const auth = meaning('retry', 'auth');
const syntax = meaning('retry', 'syntax');
const timeout = meaning('retry', 'timeout');
const tooLarge: Meaning = { verdict: 'fatal', reason: 'overload', split: true };
const duplicate = meaning('fatal', 'duplicate_key');
const value = meaning('fatal', 'value');

const byNumber: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      [deadlock, [1213, 1614]],
      // Locks, snapshots.
      [lockTimeout, [1020, 1205, 1206, 1223, 1412, 1637, 3058, 3572]],
      // Connections, shutdown, the network; a server that only reads.
      [connection, [1042, 1043, 1047, 1053, 1077, 1079, 1080, 1081, 1129, 1152, 1158, 1159, 1160, 1161]],
      [connection, [1184, 1290, 1792, 1836, 1927, 2002, 2003, 2006, 2013, 2055, 3032, 4031]],
      [overload, [1037, 1038, 1040, 1041, 1135, 1203, 1226, 1436, 1461]],
      [tooLarge, [1153, 1197, 1705]],
      // Disks, engines, files; tables that are damaged, or only read.
      [io, [1015, 1016, 1017, 1021, 1023, 1026, 1030, 1114, 1180, 1181]],
      [io, [1034, 1035, 1036, 1194, 1195, 1712, 1812, 1814, 1874, 1881, 1932]],
      // Statements that were ended.
      [timeout, [1317, 1969, 3024, 3169]],
      [auth, [1044, 1045, 1130, 1142, 1143, 1227, 1251, 1275, 1370, 1449, 1524, 1698, 1820, 1862]],
      [auth, [3118, 3159, 3879]],
      // Tables and statements; what the server has forgotten, or does not do.
      [syntax, [1046, 1049, 1054, 1064, 1110, 1136, 1146, 1210, 1231, 1235, 1243, 1295, 1298, 1305]],
      [syntax, [1356, 1364, 1471, 1615, 1906, 3100, 3101, 4033]],
      [duplicate, [1062, 1169, 1557, 1586, 1761, 1762, 1859]],
      // Values, the rules of the table, what a trigger said.
      [value, [1048, 1118, 1138, 1216, 1217, 1263, 1264, 1265, 1292, 1300, 1301, 1365, 1366, 1367, 1406]],
      [value, [1411, 1416, 1425, 1426, 1439, 1441, 1451, 1452, 1526, 1644, 1690, 1748]],
      [value, [3140, 3141, 3156, 3157, 3158, 3616, 3819, 3903, 4025, 4078, 4079]],
    ] as const
  ).flatMap(([means, numbers]) => numbers.map((number) => [number, means] as const)),
);

/** Numbers below are those of the server's system: of files, disks and memory. */
const firstOfServer = 1000;
const ofSystem = meaning('retry', 'io');

/** The number of an error that the server sent, or of an error which explains one. Those of sockets are negative. */
export function mysqlNumber(error: unknown): number | undefined {
  const number = propertyOf(error, 'errno');
  if (typeof number !== 'number' || number <= 0) return undefined;
  const isOfServer = number >= firstOfServer || typeof propertyOf(error, 'sqlState') === 'string';
  return isOfServer ? number : undefined;
}

/** Undefined where no server of MySQL's protocol has sent it, or its number says nothing of rows. */
export function ofMysql(error: unknown): Meaning | undefined {
  const number = mysqlNumber(error);
  if (number === undefined) return undefined;
  return number < firstOfServer ? ofSystem : byNumber.get(number);
}
