/**
 * How rows become commands: the options of one schema, and what is allowed of them.
 */
import { ConfigError } from '../../errors.js';
import { sourceOf } from '../../function-source.js';
import { type Checked, group, type RulesFor } from '../../options/check.js';
import { callback, integer, list, oneOf, text, union } from '../../options/rules.js';
import { moduleRule } from '../../sink-module.js';
import type { TimeFormat } from '../wire/text-cells.js';
import { partsOfTemplate } from './key-template.js';

/**
 * A key, with columns in braces: `user:{id}`. A brace itself is written twice: `events:{{eu}}`. A row without a value
 * in a column of its key is given up.
 */
export type KeyTemplate = string;

/** `XADD`: an entry a row, its columns as fields. The server makes the ids. */
export interface StreamOptions {
  key: KeyTemplate;
  /** About how many entries the stream keeps (`MAXLEN ~`). Default: all. */
  maxLength?: number;
  /** The field with the row's identity, which is the same when a row is delivered again. Default: none. */
  identityField?: string;
  /** The columns that are stored. Default: all. */
  columns?: readonly string[];
}

/** `HSET`: the columns of a row as fields of its key. Fields of columns without a value are left as they are. */
export interface HashOptions {
  key: KeyTemplate;
  /** After how long without another row the key is deleted. Default: never. */
  ttlMs?: number;
  /** The field with the row's identity. Default: none. */
  identityField?: string;
  /** The columns that are stored. Default: all. */
  columns?: readonly string[];
}

/** `SET`: a row as JSON, or one of its columns. */
export interface StringOptions {
  key: KeyTemplate;
  /** The column that is stored. Default: the row as JSON. */
  value?: string;
  /** After how long the key is deleted. Default: never. */
  ttlMs?: number;
  /** Store only where the key is absent (`NX`) or present (`XX`). Other rows count as skipped. Default: always. */
  onlyIf?: 'absent' | 'present';
}

/** `RPUSH`: a row as JSON, or one of its columns, at a list's end. */
export interface ListOptions {
  key: KeyTemplate;
  /** The column that is stored. Default: the row as JSON. */
  value?: string;
  /** How many of its last elements the list keeps (`LTRIM`). Default: all. */
  maxLength?: number;
}

/** `ZADD`: a member with a score. */
export interface SortedSetOptions {
  key: KeyTemplate;
  /** The column of the score: numbers, or times as milliseconds. */
  score: string;
  /** The column of the member. Default: the row as JSON. */
  member?: string;
  /** Store only where the member is absent, present, or where its score grows or shrinks. Default: always. */
  onlyIf?: 'absent' | 'present' | 'greater' | 'less';
}

/** The arguments of a command. */
export type RedisCommand = readonly (string | number | bigint | Uint8Array)[];

/** Makes a row's command. @param identity the row's identity, the same when the row is delivered again. */
// biome-ignore lint/suspicious/noExplicitAny: rows are of the flow's own schemas
export type CommandFunction = (row: any, identity: string) => RedisCommand;

/** What becomes of rows: exactly one of the ways, and how values are written. A text in place of options is the key. */
export interface RowOptions {
  stream?: KeyTemplate | StreamOptions;
  hash?: KeyTemplate | HashOptions;
  string?: KeyTemplate | StringOptions;
  list?: KeyTemplate | ListOptions;
  sortedSet?: SortedSetOptions;
  /**
   * A function that makes a row's command. It runs in the flusher's thread, from its source text, so it may use nothing
   * from outside; or a module's address, whose default export is the function.
   */
  command?: CommandFunction | URL | string;
  /** How times are written: `2026-01-31T12:00:00.123Z`, or milliseconds since 1970. Default `iso`. */
  timestamps?: TimeFormat;
}

const key = text().and(
  (template) => partsOfTemplate(template) !== undefined,
  'a key with the names of columns in braces; a brace itself is written twice, as {{ and }}',
);
const count = integer(1, Number.MAX_SAFE_INTEGER);
const columns = list(text(), 'a list of columns').and(({ length }) => length > 0, 'at least one column');

const streamRules = {
  key,
  maxLength: count.optional(),
  identityField: text().optional(),
  columns: columns.optional(),
} satisfies RulesFor<StreamOptions>;

const hashRules = {
  key,
  ttlMs: count.optional(),
  identityField: text().optional(),
  columns: columns.optional(),
} satisfies RulesFor<HashOptions>;

const stringRules = {
  key,
  value: text().optional(),
  ttlMs: count.optional(),
  onlyIf: oneOf('absent', 'present').optional(),
} satisfies RulesFor<StringOptions>;

const listRules = {
  key,
  value: text().optional(),
  maxLength: count.optional(),
} satisfies RulesFor<ListOptions>;

const sortedSetRules = {
  key,
  score: text(),
  member: text().optional(),
  onlyIf: oneOf('absent', 'present', 'greater', 'less').optional(),
} satisfies RulesFor<SortedSetOptions>;

export const rowRules = {
  stream: union('a key or { key, maxLength, identityField, columns }', key, group(streamRules)).optional(),
  hash: union('a key or { key, ttlMs, identityField, columns }', key, group(hashRules)).optional(),
  string: union('a key or { key, value, ttlMs, onlyIf }', key, group(stringRules)).optional(),
  list: union('a key or { key, value, maxLength }', key, group(listRules)).optional(),
  sortedSet: group(sortedSetRules).optional(),
  command: union(
    'a function or the address of a module',
    callback<CommandFunction>('a function'),
    moduleRule,
  ).optional(),
  timestamps: oneOf('iso', 'ms').default('iso'),
} satisfies RulesFor<RowOptions>;

export type CheckedRows = Checked<typeof rowRules>;

const ways = ['stream', 'hash', 'string', 'list', 'sortedSet', 'command'] as const;

type Options<
  R extends
    | typeof streamRules
    | typeof hashRules
    | typeof stringRules
    | typeof listRules
    | typeof sortedSetRules,
> = Checked<R>;

/** What becomes of the rows of a schema, as it is posted to a flusher. */
export type RowSettings = { readonly timestamps: TimeFormat } & (
  | ({ readonly way: 'stream' } & Options<typeof streamRules>)
  | ({ readonly way: 'hash' } & Options<typeof hashRules>)
  | ({ readonly way: 'string' } & Options<typeof stringRules>)
  | ({ readonly way: 'list' } & Options<typeof listRules>)
  | ({ readonly way: 'sortedSet' } & Options<typeof sortedSetRules>)
  | { readonly way: 'command'; readonly source: string }
  | { readonly way: 'command'; readonly module: string }
);

/**
 * The settings of checked options; undefined where they name no way.
 *
 * @param prefix comes before each option's name in errors.
 * @throws ConfigError for more ways than one, and for a function that cannot travel.
 */
export function rowSettingsOf(checked: CheckedRows, prefix: string): RowSettings | undefined {
  const { timestamps } = checked;
  const [way, other] = ways.filter((each) => checked[each] !== undefined);
  if (other !== undefined) {
    throw new ConfigError(
      prefix + other,
      checked[other],
      `nothing beside \`${way}\`: one of ${ways.join(', ')}`,
    );
  }
  if (way === undefined) return undefined;
  if (way === 'command') {
    const { command } = checked;
    if (typeof command === 'string') return { timestamps, way, module: command };
    return { timestamps, way, source: sourceOf(`${prefix}command`, command as CommandFunction, {}) };
  }
  const given = checked[way];
  const options =
    typeof given === 'string' ? shorthands[way as 'stream'].check({ key: given }, prefix + way) : given;
  return { timestamps, way, ...(options as object) } as RowSettings;
}

/** The options that a key alone stands for. */
const shorthands = {
  stream: group(streamRules),
  hash: group(hashRules),
  string: group(stringRules),
  list: group(listRules),
};
