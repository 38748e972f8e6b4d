/**
 * For tests: suites for makers of sinks and of sources, a sink that keeps batches in memory and fails on demand, and a
 * clock that moves when a test says so.
 *
 * Nothing here needs a test runner.
 */
export { ConformanceError } from './broken-contract.js';
export { TestClock, testClock } from './clock.js';
export { type Check, conformance } from './conformance.js';
export { hostileTexts } from './hostile-texts.js';
export type { Failure, FailureProperties } from './memory/failure.js';
export { type MemorySink, type MemorySinkOptions, memorySink } from './memory/memory-sink.js';
export type { StoredBatch } from './memory/stored-batch.js';
export { type ConformanceOptions, type Row, refused, type Undo } from './options.js';
export { sourceConformance } from './sources/conformance.js';
export type { Outside, SourceConformanceOptions } from './sources/options.js';
