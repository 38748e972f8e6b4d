/**
 * The options of `batchflow serve`: their texts, bounds and defaults.
 */
import { Command } from 'commander';
import { addFlowOptions, type FlowCommandSettings } from './flow-options.js';
import { number, wholeNumber } from './option-values.js';
import {
  type AddressSettings,
  addAddressOptions,
  addBodyOptions,
  maxLimit,
  mebibyte,
} from './service-options.js';
import type { SinkAddress } from './sink-address.js';
import { addSinkOptions } from './sink-options.js';
import { UsageError } from './usage-error.js';

export interface ServeSettings extends FlowCommandSettings, AddressSettings {
  /** Whether clients may send keys though the sink keeps no row once: its readers do. */
  idempotencyKeys?: true;
  ackTimeoutMs: number;
  maxLineBytes: number;
  bodyLimitBytes: number;
  clientTimeoutMs: number;
  maxBufferedBytes: number;
  demo?: true;
  demoSeconds: number;
  demoBurn: number;
  exit?: true;
}

/** @param action gets settings that can work together. @throws (the action) UsageError when they cannot. */
export function serveCommand(action: (settings: ServeSettings) => Promise<void>): Command {
  const command = new Command('serve').description(
    'take events over HTTP and write them to a database in batches',
  );
  addSinkOptions(command, 'sqlite:data/events.db');
  addAddressOptions(command, 8080);
  addFlowOptions(command)
    .option(
      '--ack-timeout-ms <ms>',
      'how long a request with ack=committed waits for its commit',
      wholeNumber(1, maxLimit),
      30_000,
    )
    .option(
      '--idempotency-keys',
      'take keys of clients before JetStream, where the tables of all workers keep each row once',
    );
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
  if (settings.idempotencyKeys && settings.sink.kind !== 'nats') {
    throw new UsageError(
      '--idempotency-keys is for --sink nats://…; a table takes keys by --identity-column',
    );
  }
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
