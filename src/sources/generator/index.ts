/**
 * The source that reads a generator: a function of the user's module, which runs in the source's thread.
 */
import { ownFile } from '../../own-files.js';
import type { SourceRef } from '../../source.js';
import { type ModuleOptions, moduleSettings } from '../modules/module-options.js';

export type { ModuleOptions as GeneratorOptions } from '../modules/module-options.js';
export type { BeginContext } from '../modules/user-module.js';

/**
 * Take events from a generator, or an async one. The default export of the module is a function of the options and of
 * `{ signal, acknowledged }`. What it yields is a unit: an event, or an array of events. The next one is asked for when
 * the rows of the last have found room.
 *
 * A generator that throws is begun again, and so is one whose thread has died. `acknowledged` says how many of its
 * yields, from the first on, have ended: there it goes on.
 *
 * @throws ConfigError when an option cannot work. A module that does not load fails the flow (SourceError).
 * @example
 * // mine.js
 * export default async function* ({ from }, { signal, acknowledged }) {
 *   for (let page = from + acknowledged; !signal.aborted; page++) yield await fetchPage(page, signal);
 * }
 * // main.js
 * source: generator({ module: new URL('./mine.js', import.meta.url), options: { from: 1 } })
 */
export function generator(options: ModuleOptions): SourceRef {
  return { module: ownFile('./sources/generator/source.js').href, options: moduleSettings(options) };
}
