/**
 * Measures one of the ways into a target, in the process that `bench:sinks` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { measureWay, type WayTask } from '../ways/measure-way.js';
import { oneServer, threeServers } from './jetstream-ways.js';
import { redisWays } from './redis-ways.js';

export function measure(task: WayTask): Promise<Figures> {
  return measureWay([...redisWays, ...oneServer.ways, ...threeServers.ways], task);
}
