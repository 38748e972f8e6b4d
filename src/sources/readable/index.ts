/**
 * The source that reads a Node.js stream, which a function of the user's module makes in the source's thread.
 */
import { ownFile } from '../../own-files.js';
import type { SourceRef } from '../../source.js';
import { type ReadableOptions, settingsOf } from './options.js';

export type { BeginContext } from '../modules/user-module.js';
export type { ReadableOptions } from './options.js';

/**
 * Take events from a `Readable`. The default export of the module is a function of the options and of
 * `{ signal, acknowledged }` that returns one. In object mode each chunk is an event, and a unit. A stream of bytes or
 * texts has JSON lines, and a unit is the lines that end in a chunk; lines that are no event become dead letters.
 *
 * A stream that fails is made again, and so is one whose thread has died. `acknowledged` says how many units, from the
 * first on, have ended: there it goes on.
 *
 * @throws ConfigError when an option cannot work. A module that does not load fails the flow (SourceError).
 * @example
 * // mine.js
 * export default ({ file }) => createReadStream(file).pipe(createGunzip());
 * // main.js
 * source: readable({ module: new URL('./mine.js', import.meta.url), options: { file: 'events.ndjson.gz' } })
 */
export function readable(options: ReadableOptions): SourceRef {
  return { module: ownFile('./sources/readable/source.js').href, options: settingsOf(options) };
}
