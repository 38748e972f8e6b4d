/**
 * The source that reads a file of JSON lines (NDJSON), from where all rows before had ended.
 */
import { ownFile } from '../../own-files.js';
import type { SourceRef } from '../../source.js';
import { type NdjsonOptions, settingsOf } from './options.js';

export type { NdjsonOptions } from './options.js';

/**
 * Read a file of JSON lines, one event each. What a column takes in JSON is what the service takes: times in ISO 8601,
 * bytes in base64. Lines that are no event become dead letters. `flow.sourceEnded` resolves when the file has been
 * delivered.
 *
 * A position file keeps how far all rows have ended. After a crash the source goes on from there, and rows behind it
 * may be delivered again. With `identity: 'given'` each row's identity is the file's path and the line's place, so that
 * a sink with `identityColumn` stores it once.
 *
 * @throws ConfigError when an option cannot work. A file that cannot be opened fails the flow (SourceError).
 * @example
 * const source = ndjson({ file: 'requests.ndjson' });
 * const flow = await createBatchFlow({ schema: Request, sink: sqlite({ file: 'requests.db' }), source });
 * await flow.sourceEnded;
 * await flow.close();
 */
export function ndjson(options: NdjsonOptions): SourceRef {
  return { module: ownFile('./sources/ndjson/source.js').href, options: settingsOf(options) };
}
