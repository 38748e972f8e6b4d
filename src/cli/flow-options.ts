/**
 * The options of a flow into a sink, which commands that run one have in common: their texts, bounds and defaults.
 */
import { type Command, Option } from 'commander';
import type { FlushMode } from '../flow/api/settings.js';
import { addFlowControls, type FlowControls } from './flow-controls.js';
import { filePath, notEmpty, wholeNumber } from './option-values.js';
import { maxLimit, maxMs } from './service-options.js';
import type { SinkSettings } from './sink-options.js';

export interface FlowCommandSettings extends SinkSettings, FlowControls {
  schema?: string;
  /** The SQLite file of the rows that are given up. */
  deadLetters?: string;
  flushSize: number;
  flushIntervalMs: number;
  flushMode: FlushMode;
  flushers: number;
  bufferSize?: number;
  blockTextBytes?: number;
  maxAttempts: number;
  busyTimeoutMs: number;
}

export function addFlowOptions(command: Command): Command {
  command
    .option('--schema <FILE.json>', 'what an event is; default: a line of an access log', notEmpty)
    .option(
      '--dead-letters <FILE>',
      'the SQLite file of rows that are given up; default: beside that of --sink, or data/events.dead-letters.db',
      filePath,
    )
    .option('--flush-size <rows>', 'rows of a batch', wholeNumber(1, 1_000_000), 1000)
    .option(
      '--flush-interval-ms <ms>',
      'how long a row waits at most before its flush',
      wholeNumber(1, maxMs),
      100,
    )
    .addOption(
      new Option('--flush-mode <mode>', 'one flush at a time, or several')
        .choices(['async', 'sync'])
        .default('async'),
    )
    .option('--flushers <threads>', 'worker threads that write', wholeNumber(1, 64), 1)
    .option(
      '--buffer-size <rows>',
      'rows that may wait in memory; default: 64 batches',
      wholeNumber(2, 100_000_000),
    )
    .option(
      '--block-text-bytes <bytes>',
      'texts and blobs of a block of rows; bounds the largest event; default: 64 a row and column, and events to 1 MiB',
      wholeNumber(64, 2 ** 30),
    )
    .option(
      '--max-attempts <times>',
      'how often a batch is tried before it is given up',
      wholeNumber(1, 1000),
      8,
    )
    .option(
      '--busy-timeout-ms <ms>',
      'how long an attempt waits for another writer of the file',
      wholeNumber(0, maxLimit),
      5000,
    );
  return addFlowControls(command);
}
