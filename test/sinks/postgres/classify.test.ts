/**
 * What errors of PostgreSQL mean.
 */
import { describe, expect, it } from 'vitest';
import { SinkError } from '../../../dist/src/index.js';
import { endsSession } from '../../../dist/src/sinks/postgres/classify.js';
import { classifyPostgresError } from '../../../dist/src/sinks/postgres/index.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('an error', () => {
  it.each([
    ...['08000', '08006', '40001', '40P01', '53100', '53300', '55P03', '57P01', '57P02', '57P03', '57014'],
    ...[
      '58030',
      '25006',
      '28P01',
      '28000',
      '3D000',
      '42501',
      '42P01',
      '42703',
      '42P10',
      '26000',
      '22P03',
      'XX000',
    ],
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
    ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('of %s may pass later', (code) => {
    expect(classifyPostgresError(coded(code))).toBe('retry');
  });

  it.each([
    '22001',
    '22003',
    '22021',
    '22P02',
    '22P05',
    '23502',
    '23503',
    '23505',
    '23514',
    '21000',
    '54000',
    'P0001',
  ])('of %s is of the rows', (code) => {
    expect(classifyPostgresError(coded(code))).toBe('fatal');
  });

  it.each([coded('EWHAT'), coded('38000'), new Error('x'), 'text', null, undefined, { code: 5 }])(
    'that nobody can tell: %s',
    (error) => {
      expect(classifyPostgresError(error)).toBeUndefined();
    },
  );

  it('of the connection may pass later', () => {
    for (const message of ['Connection terminated unexpectedly', 'timeout expired']) {
      expect(classifyPostgresError(new Error(message))).toBe('retry');
    }
    expect(classifyPostgresError(new SinkError('x'))).toBe('retry');
  });

  it.each([
    ['25006', true],
    ['57P01', true],
    ['08006', true],
    ['ECONNRESET', true],
    ['23505', false],
    ['40P01', false],
    ['57014', false],
    ['55P03', false],
  ])('of %s ends its connection: %s', (code, ends) => {
    expect(endsSession(coded(code))).toBe(ends);
  });
});
