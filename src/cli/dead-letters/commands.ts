/**
 * `batchflow dead-letters`: its commands, their options, bounds and defaults.
 *
 * What a command does is loaded only when it runs, so that help and mistakes are answered at once.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeadReason } from '../../flow/delivery/dead-letter.js';
import { stepsOf } from '../../redact/path.js';
import { filePath, notEmpty, number, wholeNumber } from '../option-values.js';
import type { SinkAddress } from '../sink-address.js';
import { addSinkOptions } from '../sink-options.js';
import { UsageError } from '../usage-error.js';
import {
  defaultLetterFile,
  type ListSettings,
  type PurgeSettings,
  type ReplaySettings,
  type ShowSettings,
} from './settings.js';

/** Written out, since loading them would load the codecs; the type keeps the two lists the same. */
const reasons = Object.keys({
  ...{ fatal: 0, retries: 0, answer: 0, crash: 0, refused: 0 },
} satisfies Record<DeadReason, 0>);

const maxDays = 36_500;

/** @param done gets the exit code of the command that ran. */
export function addDeadLetterCommands(program: Command, done: (exitCode: number) => void): void {
  const group = program
    .command('dead-letters')
    .description('look at the rows that a flow gave up, deliver them again, or delete them');
  const command = (usage: string, description: string) =>
    group
      .command(usage)
      .description(description)
      .option('--file <FILE>', 'the SQLite file of the letters', filePath, defaultLetterFile)
      .option('--table <NAME>', 'its table', notEmpty, 'dead_letters');
  const filtered = (usage: string, description: string) =>
    command(usage, description)
      .option('--schema <NAME>', 'only rows of this schema', notEmpty)
      .addOption(new Option('--reason <REASON>', 'only rows given up for this reason').choices(reasons));

  const shown = (showing: Command) =>
    showing
      .option(
        '--redact <NAMES>',
        'names and paths that are redacted; default: password, token, email, …',
        redactPaths,
      )
      .option('--no-redact', 'show rows and errors as they are');

  shown(filtered('list', 'show the newest letters, and how many there are'))
    .option('--limit <N>', 'how many to show', wholeNumber(1, 1_000_000), 20)
    .option('--json', 'one JSON object a line, with all that a letter holds')
    .action(async (settings: ListSettings) => done(await (await import('./list.js')).list(settings)));

  shown(command('show', 'show everything of one letter'))
    .argument('<id>', 'its number, as list shows it', letterId)
    .action(async (id: number, settings: ShowSettings) =>
      done(await (await import('./show.js')).show(id, settings)),
    );

  const replaying = filtered('replay', 'deliver letters again, and delete those that arrived').argument(
    '[ids...]',
    'which; all that match the options if none is given',
    letterIds,
  );
  addSinkOptions(replaying)
    .option('--create', 'make the SQLite file, and tables that are missing')
    .addHelpText('after', replayHelp)
    .action(async (ids: number[], { sinkEnv, ...settings }: ReplaySettings & { sinkEnv?: SinkAddress }) => {
      const sink = sinkEnv ?? settings.sink;
      if (sink === undefined) throw new UsageError("required option '--sink <address>', or --sink-env");
      if (settings.sinkTable !== undefined && settings.schema === undefined) {
        throw new UsageError('--sink-table is for the letters of one schema; it needs --schema');
      }
      done(await (await import('./replay.js')).replay({ ...settings, sink, ids }));
    });

  filtered('purge', 'delete letters')
    .argument('[ids...]', 'which; or choose by the options', letterIds)
    .option('--older-than <DAYS>', 'only rows given up this long ago, or longer', number(0, maxDays))
    .option('--all', 'every letter')
    .action(async (ids: number[], settings: PurgeSettings) => {
      checkPurge(ids, settings);
      done(await (await import('./purge.js')).purge({ ...settings, ids }));
    });
}

const replayHelp = `
A letter is deleted after the sink has committed its row. If the process or the machine stops between the two,
the letter is still there, and the next replay delivers the row a second time. The same happens when two replays
of one file run at once. With --identity-column the row is stored once all the same. Rows that fail again stay,
with their new error.`;

/** Nothing is deleted by forgetting an option. */
function checkPurge(ids: readonly number[], { all, schema, reason, olderThan }: PurgeSettings): void {
  const chosen = ids.length > 0 || [schema, reason, olderThan].some((option) => option !== undefined);
  if (!chosen && !all)
    throw new UsageError('which letters? Give ids, --schema, --reason, --older-than or --all');
  if (chosen && all) throw new UsageError('--all does not go with a choice of letters');
}

/** Names and paths, with commas between them. */
function redactPaths(text: string): readonly string[] {
  const paths = text.split(',').map((path) => path.trim());
  if (paths.every((path) => stepsOf(path) !== undefined)) return paths;
  throw new InvalidArgumentError("Expected names and paths such as 'email,user.password'.");
}

function letterId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && id > 0 && Number.isSafeInteger(id)) return id;
  throw new InvalidArgumentError('Expected the number of a letter.');
}

function letterIds(text: string, before: readonly number[] = []): number[] {
  return [...before, letterId(text)];
}
