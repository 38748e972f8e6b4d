/**
 * `createBatchFlow`: check the configuration, allocate the ring, start the flushers.
 */
import { messageOf } from '../describe.js';
import { FlowFailedError } from '../errors.js';
import { ownFile } from '../own-files.js';
import type { AnySchema, Schema } from '../schema/columns/schema.js';
import type { Flow } from './api/flow.js';
import type { AnyFlowConfig, FlowConfig } from './api/settings.js';
import { resolveConfig } from './config/resolve.js';
import { receiveFlows } from './supervision/exit-drain.js';
import { openFilesAdvice } from './supervision/open-files.js';
import { throwIfAborted } from './waiting/on-abort.js';

// With the package, not with its first flow: the main thread may create none, and others do.
receiveFlows();

/**
 * Create a flow. It resolves when every flusher has opened its sink.
 *
 * @throws ConfigError for a configuration that cannot work, SinkError when the sink does not load or open.
 * @throws PackageError when this package was bundled.
 * @example
 * await using flow = await createBatchFlow({ schema: Request, sink: sqlite({ file: 'requests.db' }) });
 * flow.push({ at: Date.now(), path: '/', status: 200 });
 */
export function createBatchFlow<const S extends Schema>(config: FlowConfig<S>): Promise<Flow<S>>;
export function createBatchFlow<V = unknown>(config: AnyFlowConfig<V>): Promise<Flow<AnySchema<V>>>;
export async function createBatchFlow(config: unknown): Promise<Flow> {
  const options = resolveConfig(config);
  throwIfAborted(options.signal);
  // A bundle says what it is before it fails for want of a thread's file, of this package or of piscina.
  ownFile('../workers/flusher-entry.cjs');
  // Loaded only here: it brings the pools of threads, which a program that defines schemas or sinks does not use.
  const { BatchFlow } = await import('./flow.js').catch(notLoaded);
  throwIfAborted(options.signal);
  const flow = new BatchFlow<Schema>(options);
  await flow.start();
  return flow;
}

/** @throws FlowFailedError when too few files can be opened, or what kept the module from loading. */
function notLoaded(cause: unknown): never {
  const advice = openFilesAdvice();
  if (advice === '') throw cause;
  throw new FlowFailedError(`the flow cannot be loaded: ${messageOf(cause)}${advice}`, { cause });
}
