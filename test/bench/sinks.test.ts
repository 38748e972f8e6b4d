/**
 * The bench of targets measures what it says: every way stores every event whole. How fast anything is, is not looked
 * at.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure } from '../../dist/bench/sinks/measure.js';
import { redisVariable } from '../../dist/bench/sinks/redis-rows.js';
import { redisWays } from '../../dist/bench/sinks/redis-ways.js';
import { noRedis, RedisServer } from '../fixtures/redis-server.js';
import { briefTask } from './brief-task.js';

describe.skipIf(noRedis)(`the bench of targets with Redis ${noRedis ?? ''}`, () => {
  beforeAll(async () => {
    process.env[redisVariable] = (await RedisServer.start()).url;
  });
  afterAll(() => {
    delete process.env[redisVariable];
  });

  // `measure` throws unless the totals of what is stored are those of what was pushed.
  it.each(redisWays.map(({ name }) => name))('stores every event whole: %s', async (way) => {
    const figures = await measure({ ...briefTask, way });
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
    expect(figures.totalCpuNsPerEvent).toBeGreaterThan(0);
  });
});
