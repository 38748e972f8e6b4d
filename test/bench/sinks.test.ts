/**
 * The bench of targets measures what it says: every way stores every event whole, and encodes the same. How fast
 * anything is, is not looked at.
 */
import { decode, decodeMulti } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batches, encodings } from '../../dist/bench/sinks/encoders.js';
import { oneServer } from '../../dist/bench/sinks/jetstream-ways.js';
import { measure } from '../../dist/bench/sinks/measure.js';
import { measure as measureEncoder } from '../../dist/bench/sinks/measure-encoder.js';
import { redisVariable } from '../../dist/bench/sinks/redis-rows.js';
import { redisWays } from '../../dist/bench/sinks/redis-ways.js';
import { NatsServer, noNats } from '../fixtures/nats-server.js';
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

describe.skipIf(noNats)(`the bench of targets with JetStream ${noNats ?? ''}`, () => {
  beforeAll(async () => {
    process.env[oneServer.variable] = (await NatsServer.start()).url;
  });
  afterAll(() => {
    delete process.env[oneServer.variable];
  });

  it.each(oneServer.ways.map(({ name }) => name))('stores every event whole: %s', async (way) => {
    const figures = await measure({ ...briefTask, way });
    expect(figures.eventsPerSecond).toBeGreaterThan(0);
  });
});

describe('the bench of encoders', () => {
  it.each(Object.keys(encodings))('measures both ways: %s', (encoding) => {
    for (const isOurs of [false, true]) {
      const figures = measureEncoder({ encoding, isOurs, batch: 10, ms: 5 });
      expect(figures.nsPerEvent).toBeGreaterThan(0);
    }
  });

  it.each(['ndjson', 'bulk'])('has the same bytes by both ways: %s', (encoding) => {
    const { byUsual, byOurs } = encodings[encoding] as (typeof encodings)[string];
    const fresh = batches(100);
    expect(Buffer.from(byOurs()(fresh())).toString()).toBe(Buffer.from(byUsual(fresh())).toString());
  });

  it('has the same values by both ways: msgpack', () => {
    const { byUsual, byOurs } = encodings.msgpack as (typeof encodings)[string];
    const fresh = batches(100);
    const ours = [...decodeMulti(byOurs()(fresh()))] as { at: Date }[];
    const rows = ours.map((row) => ({ ...row, at: row.at.getTime() }));
    expect(rows).toEqual(decode(byUsual(fresh())));
  });

  it('has the same points by both ways: lines', () => {
    const { byUsual, byOurs } = encodings.lines as (typeof encodings)[string];
    const fresh = batches(100);
    const lines = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString()
        .split('\n')
        .map((line) => line.split(/[ ,]/).sort());
    expect(lines(byOurs()(fresh()))).toEqual(lines(byUsual(fresh())));
  });
});
