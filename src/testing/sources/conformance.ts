/**
 * `sourceConformance`: the contract between flows and sources, as checks that any test runner can run.
 */
import { messageOf } from '../../describe.js';
import { ConformanceError } from '../broken-contract.js';
import type { Check } from '../conformance.js';
import { type SourceCheck, sourceChecks } from './checks.js';
import { type SourceConformanceOptions, type SourceSettings, settingsOf } from './options.js';
import { Scene } from './scene.js';

/**
 * Make the checks of a source. They may run one after the other in any order, and each alone. A check of bad inputs
 * does nothing where the outside has no `provideBad`.
 *
 * @throws ConfigError for an option that cannot work.
 * @example
 * for (const { name, run } of sourceConformance({ begin: makeQueue })) test(name, run);
 */
export function sourceConformance(options: SourceConformanceOptions): readonly Check[] {
  const settings = settingsOf(options);
  return sourceChecks.map((check) => ({ name: check.name, run: () => runOn(settings, check) }));
}

async function runOn(settings: SourceSettings, check: SourceCheck): Promise<void> {
  const outside = await settings.begin();
  const scene = new Scene(settings, check, outside);
  try {
    if (check.needsBad && outside.provideBad === undefined) return;
    await check.run(scene);
  } catch (error) {
    throw error instanceof ConformanceError ? error : scene.broken(messageOf(error), error);
  } finally {
    await scene.end();
  }
}
