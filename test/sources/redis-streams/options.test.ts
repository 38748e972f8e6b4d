/**
 * The options of the source of Redis Streams.
 */
import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../dist/src/index.js';
import { type RedisStreamsOptions, redisStreams } from '../../../dist/src/sources/redis-streams/index.js';

describe('the options of redisStreams()', () => {
  it.each([
    [{}, 'stream'],
    [{ stream: '' }, 'stream'],
    [{ group: '' }, 'group'],
    [{ from: 'now' }, 'from'],
    [{ from: '1-' }, 'from'],
    [{ claimAfterMs: 99 }, 'claimAfterMs'],
    [{ claimAfterMs: 86_400_001 }, 'claimAfterMs'],
    [{ maxFetch: 0 }, 'maxFetch'],
    [{ schema: 'a', schemaField: 'b' }, 'schemaField'],
    [{ url: 'http://x' }, 'url'],
    [{ url: 'redis://x/0?a=1' }, 'url'],
    [{ url: 'redis://x', connection: { host: 'y' } }, 'connection'],
    [{ cluster: ['x:1'], sentinel: { name: 'm', nodes: ['x:2'] } }, 'sentinel'],
    [{ streams: ['x'] }, 'streams'],
  ])('%o names what cannot work: %s', (options, key) => {
    const whole = Object.keys(options).length === 0 ? options : { stream: 's', ...options };
    const create = () => redisStreams(whole as RedisStreamsOptions);
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(new RegExp(`^(options\\.)?${key}\\b|"?${key}"?`));
  });

  it.each(['0', '$', '1700000000000-5', '1700000000000'])('a group may begin at %s', (from) => {
    expect(redisStreams({ stream: 's', from }).options).toMatchObject({ from });
  });

  it('names a consumer that is of this process alone', () => {
    const consumers = [1, 2].map(
      () => (redisStreams({ stream: 's' }).options as { consumer: string }).consumer,
    );
    expect(new Set(consumers).size).toBe(2);
    for (const consumer of consumers) expect(consumer).toContain(`batchflow:${hostname()}:${process.pid}:`);
    expect(redisStreams({ stream: 's', consumer: 'pod-1' }).options).toMatchObject({ consumer: 'pod-1' });
  });

  it('shows no secret', () => {
    const url = 'redis://user:hidden-5309@host/x';
    expect(() => redisStreams({ stream: 's', url })).toThrow(ConfigError);
    try {
      redisStreams({ stream: 's', url });
    } catch (error) {
      expect(inspect(error)).not.toContain('hidden-5309');
    }
  });
});
