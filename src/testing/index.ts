/**
 * For tests: a suite for makers of sinks, and a sink that keeps batches in memory and fails on demand.
 *
 * Nothing here needs a test runner.
 */
export { ConformanceError } from './broken-contract.js';
export { type Check, conformance } from './conformance.js';
export { hostileTexts } from './hostile-texts.js';
export type { Failure, FailureProperties } from './memory/failure.js';
export { type MemorySink, type MemorySinkOptions, memorySink } from './memory/memory-sink.js';
export type { StoredBatch } from './memory/stored-batch.js';
export { type ConformanceOptions, type Row, refused, type Undo } from './options.js';
