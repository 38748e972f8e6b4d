/** Addresses that the environment has: what a person is told of one that cannot be read, without its secret. */
import { afterEach, expect, it, vi } from 'vitest';
import { addressOf as natsAddress } from '../../../dist/src/nats/address.js';
import { addressOf as redisAddress } from '../../../dist/src/redis/address.js';
import { proxyFor } from '../../../dist/src/sinks/http/client/proxy.js';

afterEach(() => vi.unstubAllEnvs());

it.each([
  ['NATS_URL', 'nats://me:se%cret@host:1', () => natsAddress({} as never, {} as never)],
  ['REDIS_URL', 'redis://me:se%cret@host:1', () => redisAddress({} as never)],
  ['HTTP_PROXY', 'http://me:se%cret@host:1', async () => proxyFor(new URL('http://target'), undefined)],
])('in %s a %% sign that is not encoded is named', async (name, address, read) => {
  vi.stubEnv(name, address);
  vi.stubEnv('http_proxy', '');
  const error = (await read().catch((thrown: unknown) => thrown)) as Error;
  expect(error.message).toMatch(/% signs .* are to be encoded, as %25/);
  expect(error.message).not.toContain('cret');
});
