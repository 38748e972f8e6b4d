/**
 * Commands that a function of the user makes of rows.
 */
import { describe, messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import { functionOf } from '../../function-source.js';
import { command } from '../../redis/wire/commands.js';
import type { RowEncoder } from './row-commands.js';
import { RedisRowError } from './row-error.js';
import type { CommandFunction } from './row-options.js';

/** @throws SinkError when the module has no function. */
export async function functionCommands(
  given: { readonly source: string } | { readonly module: string },
): Promise<RowEncoder> {
  const make =
    'source' in given ? (functionOf(given.source) as CommandFunction) : await fromModule(given.module);
  return {
    commandsOfRow: 1,
    skips: false,
    encode(batch) {
      const bad = new Map<number, Error>();
      const commands: (Buffer | undefined)[] = [];
      for (let row = 0; row < batch.length; row++) {
        try {
          commands[row] = encoded(make(batch.row(row), batch.identity(row)));
        } catch (cause) {
          if (cause instanceof RedisRowError) bad.set(row, cause);
          else
            bad.set(
              row,
              new RedisRowError(`the function of the option command failed: ${messageOf(cause)}`, { cause }),
            );
        }
      }
      return {
        bad,
        write(into, row) {
          const bytes = commands[row] as Buffer;
          into.reserve(bytes.length);
          into.bytes.set(bytes, into.at);
          into.at += bytes.length;
        },
      };
    },
  };
}

async function fromModule(module: string): Promise<CommandFunction> {
  let made: unknown;
  try {
    made = ((await import(module)) as { default: unknown }).default;
  } catch (cause) {
    throw new SinkError(`the module of the option command cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  if (typeof made === 'function') return made as CommandFunction;
  throw new SinkError(`the default export of ${module} has to be a function that makes commands`);
}

/**
 * Commands after which replies no longer stand for rows, or the connection is another one's: they change its state, or
 * have no reply, or several, or one that waits.
 */
const refused = new Set([
  ...[
    'auth',
    'hello',
    'select',
    'reset',
    'quit',
    'client',
    'asking',
    'readonly',
    'readwrite',
    'shutdown',
    'debug',
  ],
  ...[
    'multi',
    'exec',
    'discard',
    'watch',
    'unwatch',
    'monitor',
    'sync',
    'psync',
    'replconf',
    'failover',
    'wait',
  ],
  ...['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe', 'waitaof'],
  ...[
    'blpop',
    'brpop',
    'blmove',
    'brpoplpush',
    'blmpop',
    'bzpopmin',
    'bzpopmax',
    'bzmpop',
    'xread',
    'xreadgroup',
  ],
]);

/** @throws RedisRowError for what is no command. */
function encoded(args: unknown): Buffer {
  const wrong = (expected: string) =>
    new RedisRowError(`the function of the option command has to return ${expected}`);
  if (!Array.isArray(args) || args.length === 0) throw wrong(`a list of arguments, not ${describe(args)}`);
  const values = Array.from(args, (value: unknown, i) => {
    if (typeof value === 'string' || value instanceof Uint8Array) return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    throw wrong(
      `texts, numbers and bytes: argument ${i} is ${value === null ? 'null' : `of type ${typeof value}`}`,
    );
  });
  const name = String(values[0]).toLowerCase();
  if (typeof values[0] !== 'string' || name === '') throw wrong("a command's name as the first argument");
  if (refused.has(name))
    throw wrong(`a command with one reply that leaves the connection as it is, not ${name}`);
  return command(values.map((value) => (typeof value === 'string' ? value.toWellFormed() : value)));
}
