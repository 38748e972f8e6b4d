/**
 * `createBatchFlow`: check the configuration, allocate the ring, start the flushers.
 */
import type { AnySchema, Schema } from '../schema/columns/schema.js';
import type { Flow } from './api/flow.js';
import type { AnyFlowConfig, FlowConfig } from './api/settings.js';
import { resolveConfig } from './config/resolve.js';

/**
 * Create a flow. It resolves when every flusher has opened its sink.
 *
 * @throws ConfigError for a configuration that cannot work, SinkError when the sink does not load or open.
 * @example
 * await using flow = await createBatchFlow({ schema: Request, sink: sqlite({ file: 'requests.db' }) });
 * flow.push({ at: Date.now(), path: '/', status: 200 });
 */
export function createBatchFlow<const S extends Schema>(config: FlowConfig<S>): Promise<Flow<S>>;
export function createBatchFlow<V = unknown>(config: AnyFlowConfig<V>): Promise<Flow<AnySchema<V>>>;
export async function createBatchFlow(config: unknown): Promise<Flow> {
  const options = resolveConfig(config);
  options.signal?.throwIfAborted();
  // Loaded only here: it brings the pools of threads, which a program that defines schemas or sinks does not use.
  const { BatchFlow } = await import('./flow.js');
  const flow = new BatchFlow<Schema>(options);
  await flow.start();
  return flow;
}
