/**
 * Loads the module of an exporter, in the exporting thread.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { CreateExporter, Exporter, ExporterEnvironment, ExporterRef } from './exporter.js';

/** @throws SinkError when the module does not load or makes no exporter. */
export async function loadExporter(
  { exporter: module, options }: ExporterRef,
  environment: ExporterEnvironment,
): Promise<Exporter> {
  let made: unknown;
  try {
    const loaded = (await import(module)) as { default?: unknown };
    if (typeof loaded.default !== 'function') throw new Error('its default export is no function');
    made = await (loaded.default as CreateExporter<unknown>)(options, environment);
  } catch (cause) {
    throw new SinkError(`the exporter module ${module} cannot be used: ${messageOf(cause)}`, { cause });
  }
  if (typeof (made as Partial<Exporter> | null | undefined)?.send !== 'function')
    throw new SinkError(
      `the default export of ${module} returned no exporter: it has no send(snapshot, context)`,
    );
  return made as Exporter;
}
