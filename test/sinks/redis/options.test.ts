/**
 * The options of the Redis sink: what is refused, with what words, and what is posted to flushers.
 */
import { describe, expect, it } from 'vitest';
import { type RedisOptions, redis } from '../../../dist/src/sinks/redis/index.js';

const wrong = (options: unknown) => () => redis(options as RedisOptions);

describe('options of the Redis sink', () => {
  it.each([
    [{}, /a way for rows/],
    [{ stream: 's', list: 'l' }, /^list: .*beside `stream`/],
    [{ schemas: { a: {} } }, /^schemas\.a: /],
    [{ schemas: { a: { stream: 's', hash: 'h' } } }, /^schemas\.a\.hash: /],
    [{ stream: '' }, /^stream: /],
    [{ stream: { maxLength: 1 } }, /^stream\.key: /],
    [{ stream: { key: 's', maxLength: 0 } }, /^stream\.maxLength: /],
    [{ stream: { key: 's', columns: [] } }, /^stream\.columns: /],
    [{ hash: 'user:{' }, /^hash: .*braces/],
    [{ hash: 'user:{}' }, /^hash: /],
    [{ hash: 'user:}' }, /^hash: /],
    [{ hash: { key: 'user:{id}', ttl: 5 } }, /^hash\.ttl: .*ttlMs/],
    [{ string: { key: 'k', onlyIf: 'never' } }, /^string\.onlyIf: /],
    [{ sortedSet: { key: 'z' } }, /^sortedSet\.score: /],
    [{ list: 'l', timestamps: 'seconds' }, /^timestamps: /],
    [{ list: 'l', url: 'http://h' }, /^url: got \[hidden\]|^url: .*redis:\/\//],
    [{ list: 'l', url: 'redis://h/name' }, /^url: .*number/],
    [{ list: 'l', url: 'redis://h/1?x=1' }, /^url: .*without parameters/],
    [{ list: 'l', url: 'redis://u:%@h' }, /^url: .*%25/],
    [{ list: 'l', url: 'redis://h', connection: { host: 'h' } }, /^connection: /],
    [{ list: 'l', passwordFile: 'a', passwordEnv: 'b' }, /^passwordEnv: /],
    [{ list: 'l', cluster: ['h'] }, /^cluster\.0: .*host:port/],
    [{ list: 'l', cluster: ['h:1'], sentinel: { name: 'x', nodes: ['h:1'] } }, /^sentinel: /],
    [{ list: 'l', sentinel: { name: 'x', nodes: [] } }, /^sentinel\.nodes: /],
    [{ command: './relative.js' }, /^command: /],
    [{ command: 5 }, /^command: /],
  ])('%j', (options, message) => {
    expect(wrong(options)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
  });

  it('a function that uses something from outside is refused by its name', () => {
    const outside = 'x';
    expect(wrong({ command: () => ['SET', outside, '1'] })).toThrow(/outside is not defined/);
  });

  it('no error shows a password', () => {
    const secret = 'sesame5309';
    for (const options of [
      { list: 'l', url: `redis://u:${secret}@h/name` },
      { list: 'l', url: `redis:/u:${secret}@h` },
      { list: 'l', connection: { password: secret, port: 0 } },
      { list: 'l', url: `redis://u:${secret}@h`, connection: { password: secret } },
      { list: 'l', ssl: { key: secret, keyFile: 5 } },
    ]) {
      let message = '';
      try {
        redis(options as never);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(secret);
    }
  });

  it('a key alone is its options', () => {
    const { options } = redis({
      hash: 'user:{id}',
      schemas: { logs: { stream: { key: 's', maxLength: 5 } } },
    });
    expect(options).toMatchObject({
      rows: {
        others: { way: 'hash', key: 'user:{id}', timestamps: 'iso' },
        bySchema: { logs: { way: 'stream', key: 's', maxLength: 5 } },
      },
    });
  });
});
