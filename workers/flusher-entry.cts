/**
 * What piscina loads first in a flusher's thread. Piscina takes a module by `require`, and Node 20 ends the whole
 * process when a thread is terminated while it requires an ES module; imported, it ends the thread only.
 */
import type { FlusherResult, FlusherTask } from '../src/flow/protocol/flusher-task.js' with {
  'resolution-mode': 'import',
};

const loading = import('./flusher.js');

export = async (task: FlusherTask): Promise<FlusherResult> => (await loading).default(task);
