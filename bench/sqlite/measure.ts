/**
 * Measures one of the ways into SQLite, in the process that `bench:sqlite` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { measureWay, type WayTask } from '../ways/measure-way.js';
import { sqliteWays } from './ways.js';

export function measure(task: WayTask): Promise<Figures> {
  return measureWay(sqliteWays, task);
}
