/**
 * The options of the JetStream sink: what is refused, with what words; and what errors of NATS mean.
 */
import { describe, expect, it } from 'vitest';
import {
  classifyNatsError,
  type JetStreamOptions,
  jetstream,
} from '../../../dist/src/sinks/jetstream/index.js';
import { knownError } from '../../../dist/src/target-errors/known-error.js';

const wrong = (options: unknown) => () => jetstream(options as JetStreamOptions);

describe('options of the JetStream sink', () => {
  it.each([
    [{}, /^stream: /],
    [{ stream: 'a.b' }, /^stream: /],
    [{ stream: {} }, /^stream\.name: /],
    [{ stream: { name: 'a', replicas: 6 } }, /^stream\.replicas: /],
    [{ stream: { name: 'a', replica: 3 } }, /^stream\.replica: .*replicas/],
    [{ stream: 's', subject: 'a.*' }, /^subject: /],
    [{ stream: 's', subject: 'a..b' }, /^subject: /],
    [{ stream: 's', subject: 'a b' }, /^subject: /],
    [{ stream: 's', subject: 'a.{customer}' }, /^subject: /],
    [{ stream: 's', subject: '$JS.API.x' }, /^subject: /],
    [{ stream: 's', partitions: 2 }, /^partitionBy: /],
    [{ stream: 's', partitions: 2, partitionBy: [] }, /^partitionBy: /],
    [{ stream: 's', partitions: 2, partitionBy: ['a'], subject: 'x.{schema}' }, /^subject: .*\{partition\}/],
    [{ stream: 's', partitions: 65_537, partitionBy: ['a'] }, /^partitions: /],
    [{ stream: 's', format: 'xml' }, /^format: /],
    [{ stream: 's', url: 'http://h' }, /^url: .*nats:\/\//],
    [{ stream: 's', url: 'nats://h', servers: ['h'] }, /^servers: /],
    [{ stream: 's', servers: [] }, /^servers: /],
    [{ stream: 's', servers: ['user:password@h'] }, /^servers\.0: /],
    [{ stream: 's', user: 'u', token: 't' }, /^token: /],
    [{ stream: 's', tokenFile: 't', credentialsFile: 'c' }, /^credentials: /],
    [{ stream: 's', passwordFile: 'a', passwordEnv: 'b' }, /^passwordEnv: /],
    [{ stream: 's', maxInFlight: 0 }, /^maxInFlight: /],
  ])('%j', (options, message) => {
    expect(wrong(options)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
  });

  it('no error shows a secret', () => {
    const secret = 'sesame5309';
    for (const options of [
      { stream: 's', url: `http://u:${secret}@h` },
      { stream: 's', url: `nats://u:${secret}@h`, servers: ['h'] },
      { stream: 's', token: secret, user: 'u' },
      { stream: 's', nkeySeed: secret, credentials: secret },
      { stream: 's', password: [secret] },
    ]) {
      let message = '';
      try {
        jetstream(options as never);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(secret);
    }
  });

  it('has defaults that fit the form', () => {
    expect(jetstream({ stream: 's' }).options).toMatchObject({
      ...{ stream: { name: 's', create: true }, subject: 'events.{schema}.{partition}', partitions: 1 },
      ...{ format: 'packed', maxInFlight: 8, ordered: false, ackTimeoutMs: 5000 },
    });
    expect(jetstream({ stream: 's', format: 'json' }).options).toMatchObject({ maxInFlight: 256 });
  });
});

/** An error by its name and what else the client gives it. */
const named = (name: string, message = '', more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const ofServer = (code: number, status: number) => named('JetStreamApiError', 'it says', { code, status });

describe('errors of NATS', () => {
  it.each<[Error, object]>([
    [named('NoResponders'), { verdict: 'retry', reason: 'connection' }],
    [named('JetStreamNotEnabled'), { verdict: 'retry', reason: 'connection' }],
    [named('AuthorizationError'), { verdict: 'retry', reason: 'auth' }],
    [named('PermissionViolationError'), { verdict: 'retry', reason: 'auth' }],
    [ofServer(10_077, 503), { verdict: 'retry', reason: 'overload' }],
    [ofServer(10_023, 503), { verdict: 'retry', reason: 'overload' }],
    [ofServer(10_059, 404), { verdict: 'retry', reason: 'syntax' }],
    [ofServer(10_060, 400), { verdict: 'retry', reason: 'syntax' }],
    [ofServer(10_008, 503), { verdict: 'retry', reason: 'connection' }],
    [ofServer(10_054, 400), { verdict: 'fatal', reason: 'overload', split: true }],
    [ofServer(19_998, 400), { verdict: 'retry', reason: 'syntax' }],
    [ofServer(19_998, 500), { verdict: 'retry', reason: 'unknown' }],
  ])('%s of any sink', (error, meaning) => {
    expect(knownError(error)).toEqual(meaning);
    expect(classifyNatsError(error)).toEqual(meaning);
  });

  it.each<[Error, object]>([
    [named('TimeoutError'), { verdict: 'retry', reason: 'timeout' }],
    [named('RequestError', 'connection closed'), { verdict: 'retry', reason: 'connection' }],
    [
      named('RequestError', '', { cause: named('PermissionViolationError') }),
      { verdict: 'retry', reason: 'auth' },
    ],
    [named('ConnectionError', 'connection refused'), { verdict: 'retry', reason: 'connection' }],
    [named('ProtocolError', "'Maximum Connections Exceeded'"), { verdict: 'retry', reason: 'overload' }],
    [
      named('InvalidArgumentError', "'payload' max_payload size exceeded"),
      { verdict: 'fatal', reason: 'overload', split: true },
    ],
    [new Error('other'), {}],
  ])('%s of this one', (error, meaning) => {
    expect(classifyNatsError(error)).toEqual(meaning);
  });
});
