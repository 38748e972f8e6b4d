/**
 * Options for a flow's limits and its tuning.
 */
import type { Command } from 'commander';
import type { FlowSettings } from '../flow/api/settings.js';
import { wholeNumber } from './option-values.js';
import { maxMs } from './service-options.js';

export interface FlowControls {
  maxConcurrentFlushes: number;
  concurrencyLimit?: number;
  bufferBytes?: number;
  highWatermark?: number;
  /** The target of the latency, in ms. */
  adaptive?: number;
}

export function addFlowControls(command: Command): Command {
  return command
    .option(
      '--max-concurrent-flushes <batches>',
      'batches in flight in each flusher, for a server that is far away',
      wholeNumber(1, 1024),
      1,
    )
    .option(
      '--concurrency-limit <batches>',
      'batches in flight in all flushers together; default: no other limit',
      wholeNumber(1, 1024),
    )
    .option(
      '--buffer-bytes <bytes>',
      'address space of the rows that may wait, in the place of --buffer-size',
      wholeNumber(1, 2 ** 31),
    )
    .option(
      '--high-watermark <rows>',
      'rows that wait when events are refused, though the buffer is not full; default: none',
      wholeNumber(0, 100_000_000),
    )
    .option(
      '--adaptive <ms>',
      'tune --flush-size and --flush-interval-ms for rows that are stored within so many ms; default: they stay',
      wholeNumber(1, maxMs),
    );
}

/** What of them is given, as settings of the flow. */
export function flowControls(given: FlowControls): Partial<FlowSettings> {
  const { maxConcurrentFlushes, concurrencyLimit, bufferBytes, highWatermark, adaptive } = given;
  return {
    maxConcurrentFlushes,
    ...(concurrencyLimit !== undefined && { concurrencyLimit }),
    ...(bufferBytes !== undefined && { bufferBytes }),
    ...(highWatermark !== undefined && { highWatermark }),
    ...(adaptive !== undefined && { adaptive: { targetLatencyMs: adaptive } }),
  };
}
