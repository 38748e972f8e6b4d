/**
 * `conformance`: the contract between flushers and sinks, as checks that any test runner can run.
 */
import { messageOf } from '../describe.js';
import { ConformanceError } from './broken-contract.js';
import { callChecks } from './checks/calls.js';
import type { BoundCheck } from './checks/check.js';
import { deliveryChecks } from './checks/deliveries.js';
import { failureChecks } from './checks/failures.js';
import { valueChecks } from './checks/values.js';
import { type ConformanceOptions, type Settings, settingsOf } from './options.js';
import { Target } from './target.js';

/** One check: `test(name, run)` of any runner. */
export interface Check {
  readonly name: string;
  /** @throws ConformanceError that says what the contract asks and what the sink did. */
  readonly run: () => Promise<void>;
}

/**
 * Make the checks of a sink. Those that need an option which is not given are left out. They may run one after the
 * other in any order, and each alone.
 *
 * @throws ConfigError for an option that cannot work.
 * @example
 * for (const { name, run } of conformance({ sink: handler(new URL('./mine.js', import.meta.url)) })) test(name, run);
 */
export function conformance(options: ConformanceOptions): readonly Check[] {
  const settings = settingsOf(options);
  const checks = [...callChecks, ...valueChecks(settings.schemas), ...deliveryChecks, ...failureChecks];
  return checks
    .filter(({ needs }) => needs === undefined || needs(settings))
    .map((check) => ({ name: check.name, run: () => runOn(settings, check) }));
}

async function runOn(settings: Settings, check: BoundCheck): Promise<void> {
  const target = new Target(settings, check);
  let failed = false;
  try {
    await check.run(target);
  } catch (error) {
    failed = true;
    if (error instanceof ConformanceError) throw error;
    throw target.broken(messageOf(error), error);
  } finally {
    // What failed says more than what its end then meets.
    await target.end().catch((error: unknown) => {
      if (!failed) throw error;
    });
  }
}
