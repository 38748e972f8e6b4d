/**
 * Measures one of the ways into a database, in the process that `bench:sql` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { measureWay, type WayTask } from '../ways/measure-way.js';
import { floorName, measureFloor } from './floor.js';
import { postgresWays } from './ways.js';

export function measure(task: WayTask): Promise<Figures> {
  return task.way === floorName ? measureFloor(task) : measureWay(postgresWays, task);
}
