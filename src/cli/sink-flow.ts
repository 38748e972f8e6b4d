/**
 * The flow of a command: made as its options say, its troubles told as they come, and its counts at its end.
 */
import { inspect } from 'node:util';
import pc from 'picocolors';
import { messageOf, visible, visibleLines } from '../describe.js';
import type { CloseReport, Flow } from '../flow/api/flow.js';
import type { IdentityOrigin } from '../flow/api/settings.js';
import type { SourceStats } from '../metrics/read/stats.js';
import type { Schema } from '../schema/columns/schema.js';
import { accessLog } from '../server/access-log.js';
import { allowedName } from '../server/host-names.js';
import { loadSchemaFile } from '../server/schema-file.js';
import { deadLetterFile, sqliteDeadLetters } from '../sinks/sqlite/dead-letters.js';
import { defaultLetterFile } from './dead-letters/settings.js';
import { flowControls } from './flow-controls.js';
import type { FlowCommandSettings } from './flow-options.js';
import { isLoopback } from './listen.js';
import { count, wholeText } from './number-text.js';
import type { AddressSettings } from './service-options.js';
import { placeOf, sinkFor } from './sink-options.js';
import { checkSizes } from './sizes.js';

/** @throws SchemaError, or UsageError for sizes that do not go with the schema. */
export function schemaFor(settings: FlowCommandSettings, identity: IdentityOrigin): Schema {
  const schema: Schema = settings.schema === undefined ? accessLog : loadSchemaFile(settings.schema);
  checkSizes(schema, settings, identity);
  return schema;
}

/** The settings of `createBatchFlow` that the options name. */
export function flowSettings(schema: Schema, settings: FlowCommandSettings, identity: IdentityOrigin) {
  const { flushSize, flushIntervalMs, flushMode, flushers } = settings;
  const { busyTimeoutMs, maxAttempts, bufferSize, blockTextBytes } = settings;
  const sink = sinkFor(settings, {
    ...{ schema: schema.name, createTable: true, requireServer: false, busyTimeoutMs },
  });
  return {
    ...{ schema, flushSize, flushIntervalMs, flushMode, flushers, identity },
    ...(bufferSize !== undefined && { bufferSize }),
    ...(blockTextBytes !== undefined && { blockTextBytes }),
    ...flowControls(settings),
    sink,
    deadLetters: sqliteDeadLetters({ file: letterFile(settings), busyTimeoutMs }),
    retry: { maxAttempts },
  };
}

/** The file of the rows that are given up. */
function letterFile({ deadLetters, sink }: FlowCommandSettings): string {
  return deadLetters ?? (sink.kind === 'sqlite' ? deadLetterFile(sink.file) : defaultLetterFile);
}

/** Options of the flow's service. */
export function accessSettings({ host, token, allowHost, allowOrigin }: AddressSettings) {
  return {
    token,
    // Clients use the name that the service listens on.
    allowedHosts: allowedName(host) === undefined ? allowHost : [...allowHost, host],
    allowedOrigins: allowOrigin,
    onError,
  };
}

/** Say what should not happen. */
function onError(error: unknown): void {
  console.error(visibleLines(inspect(error)));
}

/** Say that the service has no token, where others can reach it. @param what they can do then. */
export function warnOfOpenDoor({ host, token }: AddressSettings, what: string): void {
  if (token !== undefined || isLoopback(host)) return;
  console.log(pc.yellow(`Whoever reaches ${host} can ${what}: --token asks them for a token.\n`));
}

/** Say what goes wrong as it goes wrong. @returns rejects when the flow has failed for good. */
export function reportTroubles(flow: Flow): Promise<never> {
  flow.on('flushError', (error) => console.error(pc.red(error.message)));
  flow.on('sourceError', (error) => console.error(pc.red(visible(error.message))));
  flow.on('flusherExit', ({ flusher, error, redelivered }) => {
    const again = `${count(redelivered, 'row')} will be delivered again`;
    console.error(pc.red(`flusher ${flusher} ended: ${visible(messageOf(error))}; ${again}`));
  });
  const failure = flow.ended.then(({ error }) => {
    if (error !== undefined) throw error;
    return new Promise<never>(() => {});
  });
  // It may come while nobody waits for it.
  failure.catch(() => {});
  return failure;
}

/**
 * Say what became of rows, and of a source's units.
 *
 * @param source what it counted; with one, rows that were not delivered come again.
 */
export function reportEnd(report: CloseReport, settings: FlowCommandSettings, source?: SourceStats): void {
  const { committed, deadLettered, failed, undelivered } = report;
  const lost = source === undefined ? failed + undelivered : failed;
  const rows = [
    `${count(committed, 'row')} committed to ${visible(placeOf(settings))}`,
    ...(deadLettered > 0 ? [`${count(deadLettered, 'row')} kept as dead letters`] : []),
    ...(lost > 0 ? [pc.red(`${count(lost, 'row')} lost`)] : []),
    ...(source !== undefined && undelivered > 0 ? [`${count(undelivered, 'row')} handed back`] : []),
  ];
  console.log(rows.join(', '));
  if (source !== undefined) {
    const { received, acknowledged, handedBack, refused } = source;
    const units = [
      `${count(received, 'unit')} received, ${wholeText(acknowledged)} acknowledged`,
      ...(handedBack > 0 ? [`${wholeText(handedBack)} handed back`] : []),
      ...(refused > 0 ? [`${count(refused, 'input')} kept as dead letters`] : []),
    ];
    console.log(units.join(', '));
  }
  if (deadLettered > 0 || (source?.refused ?? 0) > 0) {
    console.log(visible(`Look at them: batchflow dead-letters list --file ${letterFile(settings)}`));
  }
}
