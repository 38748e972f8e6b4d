/**
 * What errors of MySQL and MariaDB mean.
 */
import { describe, expect, it } from 'vitest';
import { SinkError } from '../../../dist/src/index.js';
import { endsSession } from '../../../dist/src/sinks/mysql/classify.js';
import { classifyMysqlError } from '../../../dist/src/sinks/mysql/index.js';
import { writeError } from '../../../dist/src/sinks/mysql/write-error.js';

const numbered = (errno: number) => Object.assign(new Error('x'), { errno, code: 'ER_X' });
const coded = (code: string) => Object.assign(new Error('x'), { code, errno: -111 });

describe('an error', () => {
  it.each([
    ...[1205, 1213, 1040, 1053, 1158, 1159, 1160, 1161, 1203, 1290, 1836, 2006, 2013],
    ...[1317, 1969, 1927, 1114, 1615, 1243],
    ...[1044, 1045, 1049, 1054, 1142, 1146, 1064, 1364, 4033, 1295],
  ])('of number %s may pass later', (errno) => {
    expect(classifyMysqlError(numbered(errno))).toBe('retry');
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED'])(
    'of %s may pass later',
    (code) => {
      expect(classifyMysqlError(coded(code))).toBe('retry');
    },
  );

  it.each(['PROTOCOL_CONNECTION_LOST', 'HANDSHAKE_NO_SSL_SUPPORT', 'HANDSHAKE_SSL_ERROR'])(
    'of the driver, %s, may pass later',
    (code) => {
      expect(classifyMysqlError(Object.assign(new Error('x'), { code }))).toBe('retry');
    },
  );

  it.each([
    1048, 1062, 1264, 1265, 1292, 1366, 1406, 1451, 1452, 1526, 1644, 1690, 3819, 4025,
    // Halves of what was too much may fit.
    1153,
  ])('of number %s is of the rows', (errno) => {
    expect(classifyMysqlError(numbered(errno))).toBe('fatal');
  });

  it.each([
    numbered(9999),
    Object.assign(new Error('x'), { code: 'EWHAT' }),
    new Error('x'),
    'text',
    null,
    undefined,
    { errno: 'x' },
  ])('that nobody can tell: %s', (error) => {
    expect(classifyMysqlError(error)).toBeUndefined();
  });

  it('of the connection may pass later', () => {
    for (const message of [
      "Can't add new command when connection is in closed state",
      'Connection lost: x',
    ]) {
      expect(classifyMysqlError(new Error(message))).toBe('retry');
    }
    expect(classifyMysqlError(new SinkError('x'))).toBe('retry');
  });

  it.each([
    [1290, true],
    [1836, true],
    [1053, true],
    [1153, true],
    [2013, true],
    [1062, false],
    [1213, false],
    [1205, false],
    [1317, false],
    [1969, false],
  ])('of number %s ends its connection: %s', (errno, ends) => {
    expect(endsSession(numbered(errno))).toBe(ends);
  });

  it('of a socket ends its connection', () => {
    expect(endsSession(coded('ECONNRESET'))).toBe(true);
    expect(endsSession(Object.assign(numbered(1045), { fatal: true }))).toBe(true);
  });
});

describe('the error of a statement', () => {
  const told = (errno: number) => writeError(Object.assign(new Error('x'), { errno, code: 'ER_X' }), 't');

  it('should keep a name that MySQL and MariaDB have in common, and no name of a number that they do not', () => {
    expect(told(1899)).toMatchObject({ errno: 1899, code: 'ER_X' });
    expect(told(1900)).toMatchObject({ errno: 1900, code: undefined });
    expect(told(4025)).toMatchObject({ errno: 4025, code: undefined });
  });
});
