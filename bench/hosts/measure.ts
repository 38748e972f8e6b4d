/**
 * Measures one step of the way past one machine, in the process that `bench:hosts` starts for it.
 */
import type { Figures } from '../harness/measuring.js';
import { type CommitTask, measureCommit } from './commit.js';
import { type LeaderTask, measureLeader } from './leader.js';
import { measureWorkers, type WorkersTask } from './workers.js';

export type HostsTask = LeaderTask | CommitTask | WorkersTask;

export function measure(task: HostsTask): Promise<Figures> {
  if (task.step === 'commit') return measureCommit(task);
  return task.step === 'workers' ? measureWorkers(task) : measureLeader(task);
}
