/**
 * The options of `batchflow serve`: their texts, bounds and defaults.
 */
import { Command, Option } from 'commander';
import type { FlushMode } from '../flow/api/settings.js';
import { addFlowControls, type FlowControls } from './flow-controls.js';
import { filePath, notEmpty, number, wholeNumber } from './option-values.js';
import { addAddressOptions, addBodyOptions, maxLimit, maxMs, mebibyte } from './service-options.js';
import type { SinkAddress } from './sink-address.js';
import { addSinkOptions, type SinkSettings } from './sink-options.js';

export interface ServeSettings extends SinkSettings, FlowControls {
  port: number;
  host: string;
  allowHost: string[];
  allowOrigin: string[];
  /** The SQLite file of the rows that are given up. */
  deadLetters?: string;
  schema?: string;
  flushSize: number;
  flushIntervalMs: number;
  flushMode: FlushMode;
  flushers: number;
  bufferSize?: number;
  blockTextBytes?: number;
  maxAttempts: number;
  busyTimeoutMs: number;
  ackTimeoutMs: number;
  maxLineBytes: number;
  bodyLimitBytes: number;
  clientTimeoutMs: number;
  maxBufferedBytes: number;
  token?: string;
  demo?: true;
  demoSeconds: number;
  demoBurn: number;
  exit?: true;
}

/** Options that do not go together; a message for the user. */
export class UsageError extends Error {}

/** @param action gets settings that can work together. @throws (the action) UsageError when they cannot. */
export function serveCommand(action: (settings: ServeSettings) => Promise<void>): Command {
  const command = new Command('serve').description(
    'take events over HTTP and write them to a database in batches',
  );
  addSinkOptions(command, 'sqlite:data/events.db');
  addAddressOptions(command, 8080)
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
    )
    .option(
      '--ack-timeout-ms <ms>',
      'how long a request with ack=committed waits for its commit',
      wholeNumber(1, maxLimit),
      30_000,
    );
  addFlowControls(command);
  addBodyOptions(command, 8 * mebibyte)
    .option('--demo', 'send traffic to the service and check that every event arrived')
    .option('--demo-seconds <s>', 'how long', number(0.1, 86_400), 10)
    .option(
      '--demo-burn <share>',
      'share of the main thread that is kept busy meanwhile, 0 to 0.9',
      number(0, 0.9),
      0.5,
    )
    .option('--exit', 'end after the demo: 0 if every event arrived, 1 if not')
    .action(({ sinkEnv, ...given }: ServeSettings & { sinkEnv?: SinkAddress }) => {
      const settings = { ...given, sink: sinkEnv ?? given.sink };
      checkTogether(command, settings);
      return action(settings);
    });
  return command;
}

function checkTogether(command: Command, settings: ServeSettings): void {
  if (settings.demo) {
    if (settings.sink.kind !== 'sqlite') {
      throw new UsageError('--demo counts its rows in SQLite; it goes with --sink sqlite:FILE');
    }
    if (settings.schema === undefined) return;
    throw new UsageError('--demo sends lines of an access log; it does not go with --schema');
  }
  for (const option of ['exit', 'demoSeconds', 'demoBurn'] as const) {
    if (command.getOptionValueSource(option) !== 'cli') continue;
    throw new UsageError(`--${option.replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`)} needs --demo`);
  }
}
