/**
 * The program of the `batchflow` command: its subcommands, and what it says of failures.
 *
 * Exit codes: 0 when all went well, 1 when something failed, 2 when it was called wrongly.
 */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { visible, visibleLines } from '../describe.js';
import { BatchFlowError, ConfigError, SchemaError } from '../errors.js';
import { hidden } from '../options/rules.js';
import { ownFile } from '../own-files.js';
import { collectCommand } from './collect-options.js';
import { addDeadLetterCommands } from './dead-letters/commands.js';
import { ExpectedError } from './expected-error.js';
import { serveCommand } from './serve-options.js';
import { UsageError } from './usage-error.js';
import { workCommand } from './work-options.js';

/** @returns the exit code. */
export async function run(): Promise<number> {
  const { version } = JSON.parse(readFileSync(ownFile('../../package.json'), 'utf8'));
  let exitCode = 0;
  const program = new Command('batchflow')
    .description('Batches events on worker threads: in over HTTP or from a source, out to a sink.')
    .version(version)
    .showHelpAfterError('(--help shows the options)')
    // It quotes what it does not know: an address with its password behind a misspelled option, say.
    .configureOutput({ outputError: (text, write) => write(visibleLines(withoutPasswords(text))) })
    .exitOverride();
  program.addCommand(
    serveCommand(async (settings) => {
      // Loaded only here, so that help and mistakes are answered at once.
      const { serve } = await import('./serve.js');
      exitCode = await serve(settings);
    }).copyInheritedSettings(program),
  );
  program.addCommand(
    collectCommand(async (settings) => {
      const { collect } = await import('./collect.js');
      exitCode = await collect(settings);
    }).copyInheritedSettings(program),
  );
  program.addCommand(
    workCommand(async (settings) => {
      const { work } = await import('./work.js');
      exitCode = await work(settings);
    }).copyInheritedSettings(program),
  );
  addDeadLetterCommands(program, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

/** A text without what stands between `//` and the last `@` of addresses. */
function withoutPasswords(text: string): string {
  return text.replace(/(:\/\/)\S*@/g, `$1${hidden}@`);
}

/** Say what went wrong; a stack trace only for what nobody expected. */
function report(error: unknown): number {
  // Commander has said it already; help and version come this way, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BatchFlowError || error instanceof ExpectedError || error instanceof UsageError) {
    console.error(`error: ${visible(error.message)}`);
  } else {
    console.error(visibleLines(inspect(error)));
  }
  return error instanceof UsageError || error instanceof ConfigError || error instanceof SchemaError ? 2 : 1;
}
