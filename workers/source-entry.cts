/**
 * What piscina loads first in a source's thread; why it is no ES module stands in `flusher-entry.cts`.
 */
import type { SourceResult, SourceTask } from '../src/flow/protocol/source-task.js' with {
  'resolution-mode': 'import',
};

const loading = import('./source.js');

export = async (task: SourceTask): Promise<SourceResult> => (await loading).default(task);
