/**
 * The options of commands that write to a sink, and the sink that they name.
 */
import { type Command, Option } from 'commander';
import { ConfigError } from '../errors.js';
import type { IdentityOrigin } from '../flow/api/settings.js';
import { needPeers } from '../peer-packages.js';
import type { Schema } from '../schema/columns/schema.js';
import type { Target } from '../server/target.js';
import type { SinkRef } from '../sink.js';
import { mysql } from '../sinks/mysql/index.js';
import { postgres } from '../sinks/postgres/index.js';
import { type SqliteOptions, sqlite } from '../sinks/sqlite/index.js';
import { addressVariable } from './address-variable.js';
import { httpSink } from './http-address.js';
import {
  addJetStreamOptions,
  type JetStreamWay,
  jetStreamSink,
  refuseJetStreamOptions,
  subjectsOfRows,
} from './jetstream-options.js';
import { natsPlace } from './nats-address.js';
import { columnNames, notEmpty } from './option-values.js';
import { addRedisOptions, type RedisWay, redisSink, refuseRedisOptions, wayOf } from './redis-options.js';
import { addressForms, driversOf, readAddress, type SinkAddress } from './sink-address.js';

const conflicts = ['error', 'ignore', 'replace', 'update'] as const;

/** What the options give. */
export interface SinkSettings extends RedisWay, JetStreamWay {
  sink: SinkAddress;
  /** Undefined: the schema's name. */
  sinkTable?: string;
  conflict?: (typeof conflicts)[number];
  conflictColumns?: string[];
  identityColumn?: string;
}

/** What a command wants of the sink beside its options. */
export interface SinkWishes {
  /** The schema whose rows are written. */
  readonly schema: string;
  readonly createTable: boolean;
  /** Fail where the server cannot be reached, instead of trying again later. */
  readonly requireServer: boolean;
  /** For SQLite. */
  readonly busyTimeoutMs?: number;
}

/** Add the options. @param usual the address without them; undefined: one of them is needed. */
export function addSinkOptions(command: Command, usual?: string): Command {
  const sink = new Option('--sink <address>', `where events go: ${addressForms}`).argParser((text) =>
    readAddress(text, '--sink'),
  );
  if (usual !== undefined) sink.default(readAddress(usual, '--sink'), usual);
  command
    .addOption(sink)
    .addOption(
      new Option('--sink-env <NAME>', 'the environment variable that holds this address, with its password')
        .argParser((name) => addressVariable(name, '--sink-env', readAddress))
        .conflicts('sink'),
    )
    .option(
      '--sink-table <NAME>',
      "the table, the measurement of InfluxDB, the index of Elasticsearch; default: the schema's name",
      notEmpty,
    )
    .addOption(
      new Option('--conflict <mode>', 'what to do with a row whose key is taken; default: error').choices(
        conflicts,
      ),
    )
    .option('--conflict-columns <a,b>', 'the columns of that key', columnNames)
    .option(
      '--identity-column <NAME>',
      "the column that keeps each row once, as identityColumn of the sink; of Redis and by HTTP the identity's field",
      notEmpty,
    );
  return addJetStreamOptions(addRedisOptions(command));
}

/**
 * The sink that options name.
 *
 * @throws ConfigError when an option cannot work; PackageError when the database's driver is not installed.
 */
export function sinkFor(settings: SinkSettings, wishes: SinkWishes): SinkRef {
  const { sink: address, sinkTable: table, conflict, conflictColumns, identityColumn } = settings;
  const { schema, createTable, requireServer, busyTimeoutMs } = wishes;
  const options = {
    ...{ createTable },
    ...(table !== undefined && { table }),
    ...(conflict !== undefined && { conflict }),
    ...(conflictColumns !== undefined && { conflictColumns }),
    ...(identityColumn !== undefined && { identityColumn }),
  };
  try {
    if (address.kind !== 'nats') refuseJetStreamOptions(settings);
    if (address.kind === 'redis') {
      refuse(settings, ['sinkTable', 'conflict', 'conflictColumns'], 'Redis has no tables');
      return redisSink(settings, schema, { url: address.url, requireServer }, identityColumn);
    }
    refuseRedisOptions(settings);
    if (address.kind === 'nats') {
      refuse(settings, ['sinkTable', 'conflict', 'conflictColumns'], 'a stream has no tables');
      return jetStreamSink(settings, address, { create: createTable, requireServer }, identityColumn);
    }
    if (address.kind === 'sqlite') {
      return sqlite({
        ...options,
        file: address.file,
        ...(busyTimeoutMs !== undefined && { busyTimeoutMs }),
      } satisfies SqliteOptions);
    }
    if (address.kind === 'http' || address.kind === 'influx' || address.kind === 'elasticsearch') {
      refuse(settings, ['conflict', 'conflictColumns'], 'the target has no tables');
      return httpSink(address, { table, identityColumn, requireServer });
    }
    needPeers(`the sink ${address.kind}:`, driversOf[address.kind]);
    const server = { ...options, requireServer, url: address.url };
    return address.kind === 'postgres' ? postgres(server) : mysql(server);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(optionOf(error.key), error.value, error.expected);
  }
}

/** @throws ConfigError for an option that the target has no use for. */
function refuse(settings: SinkSettings, options: readonly (keyof SinkSettings)[], why: string): void {
  for (const option of options) {
    const value = settings[option];
    if (value !== undefined) throw new ConfigError(option, value, `nothing: ${why}`);
  }
}

/** The option of the command line for one of the sink's. */
function optionOf(key: string): string {
  if (key === 'url' || key === 'file') return '--sink';
  if (key === 'table') return '--sink-table';
  if (key.startsWith('--')) return key;
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Targets that keep each row once by its identity; others only store it. */
const keepersOfIdentity: readonly string[] = ['sqlite', 'postgres', 'mysql', 'elasticsearch'];

/** Whether clients' idempotency keys are kept: where the sink keeps each row once. */
export function identityOrigin({
  sink,
  identityColumn,
}: Pick<SinkSettings, 'sink' | 'identityColumn'>): IdentityOrigin {
  return identityColumn !== undefined && keepersOfIdentity.includes(sink.kind) ? 'given' : 'assigned';
}

/** Whether the sink stores identities, so that those of a source go on with its rows. */
export function passesIdentities({ sink, identityColumn }: SinkSettings): IdentityOrigin {
  const isKept = identityColumn !== undefined || sink.kind === 'nats' || sink.kind === 'elasticsearch';
  return isKept ? 'given' : 'assigned';
}

/** What can be shown of where the rows of a schema go. */
export function targetOf(schema: Schema, settings: SinkSettings): Target {
  const { sink } = settings;
  const table = nameOf(schema, settings);
  if (sink.kind === 'sqlite') return { scheme: sink.kind, file: sink.file, table };
  const { kind: scheme, host, port, database } = sink;
  return { scheme, host, port, database, table };
}

/** What of the target takes the rows of a schema, as readers see it. */
export function takerOf(schema: Schema, settings: SinkSettings): string {
  const { kind } = settings.sink;
  if (kind === 'http') return 'an address';
  const what = kind === 'redis' ? wayOf(settings, schema.name).way : (takers[kind] ?? 'table');
  return `${what} "${nameOf(schema, settings)}"`;
}

/** What takes rows where it is no table. */
const takers: Readonly<Record<string, string>> = {
  ...{ influx: 'measurement', elasticsearch: 'index', nats: 'subject' },
};

/** The name of what takes rows; undefined where it has none. */
function nameOf(schema: Schema, settings: SinkSettings): string | undefined {
  const { sink, sinkTable = schema.name } = settings;
  if (sink.kind === 'http') return undefined;
  if (sink.kind === 'nats') return subjectsOfRows(settings, schema.name);
  return sink.kind === 'redis' ? wayOf(settings, schema.name).key : sinkTable;
}

/** The place of a sink in a word. */
export function placeOf({ sink }: SinkSettings): string {
  if (sink.kind === 'sqlite') return sink.file;
  if (sink.kind === 'nats') return natsPlace(sink);
  const host = sink.host.includes(':') ? `[${sink.host}]` : sink.host;
  const place = host.startsWith('/') ? host : `${host}:${sink.port}`;
  return `${sink.kind}://${place}/${sink.database ?? ''}`;
}
