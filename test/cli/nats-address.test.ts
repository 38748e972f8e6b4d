/**
 * Addresses of streams on the command line: how they are read, what is shown of them, and what is refused.
 */
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { serveCommand } from '../../dist/src/cli/serve-options.js';
import { readAddress } from '../../dist/src/cli/sink-address.js';
import { addSinkOptions, placeOf, type SinkSettings, sinkFor } from '../../dist/src/cli/sink-options.js';
import type { ConfigError } from '../../dist/src/errors.js';
import { mistakeOf } from '../fixtures/mistake-of.js';

const password = 'h/unt?er#2@%';
const encoded = encodeURIComponent(password);

/** The sink that options of the command line name. */
function sinkOf(...args: string[]) {
  const command = addSinkOptions(new Command().exitOverride());
  const settings = command.parse(args, { from: 'user' }).opts<SinkSettings>();
  return sinkFor(settings, { schema: 'clicks', createTable: true, requireServer: false });
}

/** Its options that have a value. */
const optionsOf = (...args: string[]) =>
  Object.fromEntries(
    Object.entries(sinkOf(...args).options as object).filter(([, value]) => value !== undefined),
  );

beforeEach(() => {
  for (const name of ['URL', 'USER', 'PASSWORD', 'TOKEN', 'CREDS', 'NKEY', 'CA', 'CERT', 'KEY'])
    vi.stubEnv(`NATS_${name}`, undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe('the address of a stream', () => {
  test.each([
    ['nats://a/EVENTS', { servers: ['nats://a:4222'] }, 'nats://a:4222/EVENTS'],
    ['tls://a:4443/EVENTS', { servers: ['tls://a:4443'] }, 'nats://a:4443/EVENTS'],
    [
      'nats://a:1,b,[::1]:2/S',
      { servers: ['nats://a:1', 'nats://b:4222', 'nats://[::1]:2'] },
      'nats://a:1,b:4222,[::1]:2/S',
    ],
    [`nats://app:${encoded}@a/S`, { user: 'app', password }, 'nats://a:4222/S'],
    ['nats://secret@a/S', { token: 'secret' }, 'nats://a:4222/S'],
    ['nats://a/S?domain=hub', { domain: 'hub' }, 'nats://a:4222/S'],
  ])('%s', (address, options, place) => {
    expect(optionsOf('--sink', address)).toMatchObject(options);
    expect(placeOf({ sink: readAddress(address, '--sink') })).toBe(place);
  });

  test.each([
    [
      { NATS_USER: 'app', NATS_PASSWORD: 'p' },
      { user: 'app', passwordEnv: 'NATS_PASSWORD' },
    ],
    [{ NATS_TOKEN: 't' }, { tokenEnv: 'NATS_TOKEN' }],
    [{ NATS_CREDS: 'a.creds', NATS_TOKEN: 't' }, { credentialsFile: 'a.creds' }],
    [{ NATS_NKEY: 'a.nk' }, { nkeySeedFile: 'a.nk' }],
    [
      { NATS_CA: 'ca.pem', NATS_CERT: 'c.pem', NATS_KEY: 'k.pem' },
      { ssl: { caFile: 'ca.pem', certFile: 'c.pem' } },
    ],
  ])('takes %j from the environment', (variables, options) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(optionsOf('--sink', 'nats://a/S')).toMatchObject(options);
  });

  test('what it says of the user comes before the environment; a password there makes a user of a name', () => {
    vi.stubEnv('NATS_CREDS', 'a.creds');
    expect(optionsOf('--sink', 'nats://t@a/S')).toMatchObject({ token: 't' });
    expect(optionsOf('--sink', 'nats://t@a/S')).not.toHaveProperty('credentialsFile');
    vi.stubEnv('NATS_PASSWORD', 'p');
    expect(optionsOf('--sink', 'nats://t@a/S')).toMatchObject({ user: 't', passwordEnv: 'NATS_PASSWORD' });
  });

  test('without a host it is the server of NATS_URL, of which no user is shown', () => {
    const place = () => placeOf({ sink: readAddress('nats:///S', '--sink') });
    expect(place()).toBe('nats://localhost:4222/S');
    vi.stubEnv('NATS_URL', `nats://app:${encoded}@b:5000`);
    expect(place()).toBe('nats://b:5000/S');
    expect(optionsOf('--sink', 'nats:///S')).not.toHaveProperty('servers');
  });

  test.each([
    ['nats://a', /the stream's name behind the host/],
    ['nats://a/', /the stream's name behind the host/],
    ['nats://a/a.b', /a name without white space/],
    ['nats://a,,b/S', /hosts with commas/],
    ['nats://a b/S', /hosts with commas/],
    ['nats://a/S?consumer=x', /domain only/],
    ['nats:a/S', /an address such as/],
    ['nats://a/S#x', /encoded, as %2F/],
    [`nats://app:${password}@a/S`, /encoded, as %2F/],
    ['nats://app:%zz@a/S', /encoded, as %25/],
  ])('%s is refused, and shows no secret', (address, expected) => {
    const { key, message } = mistakeOf(() => readAddress(address, '--sink')) as ConfigError;
    expect(key).toContain('--sink');
    expect(message).toMatch(expected);
    expect(message).not.toContain('unt');
  });
});

describe('options of JetStream', () => {
  test('are those of the sink', () => {
    const way = [
      '--subject',
      'in.{schema}.{partition}',
      '--partitions',
      '4',
      '--partition-by',
      'a,b',
      '--ordered',
    ];
    const stream = [
      '--replicas',
      '3',
      '--retention',
      'workqueue',
      '--stream-max-bytes',
      '9',
      '--stream-max-age-s',
      '60',
    ];
    const json = ['--message-format', 'json', '--identity-column', '_id'];
    expect(optionsOf('--sink', 'nats://a/S', ...way, ...stream, ...json)).toMatchObject({
      ...{ subject: 'in.{schema}.{partition}', partitions: 4, partitionBy: ['a', 'b'], ordered: true },
      stream: { name: 'S', create: true, replicas: 3, retention: 'workqueue', maxBytes: 9, maxAgeMs: 60_000 },
      ...{ format: 'json', identityField: '_id', requireServer: false },
    });
  });

  test.each([
    [['--sink-table', 'x'], '--sink-table'],
    [['--conflict', 'ignore'], '--conflict'],
    [['--redis-list', 'x'], '--redis-list'],
    [['--identity-column', 'event_id'], '--identity-column'],
    [['--partitions', '4'], '--partition-by'],
    [['--partitions', '4', '--partition-by', 'path', '--subject', 'a.b'], '--subject'],
  ])('that do not go with it, or together, are refused: %j', (args, option) => {
    expect(mistakeOf(() => sinkOf('--sink', 'nats://a/S', ...args)).key).toBe(option);
  });

  test('are refused for other sinks', () => {
    for (const sink of ['sqlite:x.db', 'redis://a', 'http://a', 'postgres://a/b'])
      expect(mistakeOf(() => sinkOf('--sink', sink, '--partitions', '2')).key).toBe('--partitions');
  });

  test('--idempotency-keys goes with a stream only', () => {
    const command = serveCommand(async () => {}).exitOverride();
    const run = (sink: string) => () =>
      command.parse(['--sink', sink, '--idempotency-keys'], { from: 'user' });
    expect(run('sqlite:x.db')).toThrow(/--identity-column/);
    expect(run('nats://a/S')).not.toThrow();
  });
});
