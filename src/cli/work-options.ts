/**
 * The options of `batchflow work`: their texts, bounds and defaults.
 */
import { Command, Option } from 'commander';
import { addressVariable } from './address-variable.js';
import { addFlowOptions, type FlowCommandSettings } from './flow-options.js';
import { wholeNumber } from './option-values.js';
import { type AddressSettings, addAddressOptions, maxMs } from './service-options.js';
import type { SinkAddress } from './sink-address.js';
import { addSinkOptions } from './sink-options.js';
import { readSourceAddress, type SourceAddress, sourceForms } from './source-address.js';
import { UsageError } from './usage-error.js';

export interface WorkSettings extends FlowCommandSettings, AddressSettings {
  source: SourceAddress;
  /** How long rows under way may take when the worker stops. */
  drainTimeoutMs: number;
}

type Given = Partial<Pick<WorkSettings, 'source' | 'sink'>> &
  Omit<WorkSettings, 'source' | 'sink'> & { sourceEnv?: SourceAddress; sinkEnv?: SinkAddress };

/** @param action gets settings that can work together. @throws (the action) UsageError when they cannot. */
export function workCommand(action: (settings: WorkSettings) => Promise<void>): Command {
  const command = new Command('work').description(
    'take events from a source, write them to a sink in batches, and acknowledge them after the commit',
  );
  command
    .addOption(
      new Option('--source <address>', `where events come from: ${sourceForms}`).argParser((text) =>
        readSourceAddress(text, '--source'),
      ),
    )
    .addOption(
      new Option('--source-env <NAME>', 'the environment variable that holds this address, with its password')
        .argParser((name) => addressVariable(name, '--source-env', readSourceAddress))
        .conflicts('source'),
    );
  addSinkOptions(command);
  addAddressOptions(command, 8081);
  return addFlowOptions(command)
    .option(
      '--drain-timeout-ms <ms>',
      'how long rows under way may take when it stops; then what is left is handed back',
      wholeNumber(0, maxMs),
      10_000,
    )
    .action(({ sourceEnv, sinkEnv, ...given }: Given) => {
      const source = sourceEnv ?? given.source;
      const sink = sinkEnv ?? given.sink;
      if (source === undefined) throw new UsageError("required option '--source <address>', or --source-env");
      if (sink === undefined) throw new UsageError("required option '--sink <address>', or --sink-env");
      return action({ ...given, source, sink });
    });
}
