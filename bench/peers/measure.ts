/**
 * Measures one of the peers' ways, in the process that `bench:peers` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { measureWay, type WayTask } from '../ways/measure-way.js';
import { peerWays } from './ways.js';

const producerThread = new URL('./producer-thread.js', import.meta.url);

export function measure(task: WayTask): Promise<Figures> {
  return measureWay(peerWays, task, producerThread);
}
