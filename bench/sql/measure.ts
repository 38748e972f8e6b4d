/**
 * Measures one of the ways into a database, in the process that `bench:sql` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { measureWay, type WayTask } from '../ways/measure-way.js';
import { floorNames, measureFloor } from './floor.js';
import { mariadbWays } from './mariadb-ways.js';
import { postgresWays } from './ways.js';

export function measure(task: WayTask): Promise<Figures> {
  return floorNames.includes(task.way)
    ? measureFloor(task)
    : measureWay([...postgresWays, ...mariadbWays], task);
}
