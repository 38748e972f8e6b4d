/**
 * The entry of a source's thread: opens the source and runs it until it or the flow ends.
 */
import { expose, wrap } from '../src/flow/protocol/comlink.js';
import { errorData } from '../src/flow/protocol/error-data.js';
import type {
  SourceControl,
  SourceHost,
  SourceResult,
  SourceTask,
} from '../src/flow/protocol/source-task.js';
import { RunningSource } from '../src/flow/sourcing/run-source.js';

export default async function run(task: SourceTask): Promise<SourceResult> {
  const host = wrap<SourceHost>(task.hostPort) as unknown as SourceHost;
  try {
    let source: RunningSource;
    try {
      source = await RunningSource.open(task, host);
    } catch (error) {
      return { notOpened: errorData(error) };
    }
    const control: SourceControl = { finish: () => source.finish(), stop: () => source.stop() };
    expose(control, task.controlPort);
    await host.ready();
    return await source.run();
  } finally {
    task.hostPort.close();
    task.controlPort.close();
  }
}
