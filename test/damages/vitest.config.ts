/**
 * How tests run against damaged code: one file after the other in the order given, until one fails. Each event is a
 * line of JSON for the tool, so that it knows which test has failed, or which one never ended.
 */
import { writeSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.js';

const order = (process.env.DAMAGES_TESTS ?? '').split(',');

class AsGiven extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => order.findIndex((file) => moduleId.endsWith(file));
    return files.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

const say = (event: object) => writeSync(1, `${JSON.stringify(event)}\n`);

const reporter: Reporter = {
  onTestModuleStart({ relativeModuleId }) {
    say({ file: relativeModuleId });
  },
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    say({ test: `${test.fullName}: ${errors?.[0]?.message}`, failed: state === 'failed' });
  },
  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) say({ test: suite.fullName, failed: true });
  },
  onTestModuleEnd(module) {
    if (module.errors().length > 0) say({ test: module.errors()[0]?.message, failed: true });
  },
  onTestRunEnd(_modules, errors) {
    if (errors.length > 0) say({ test: errors[0]?.message, failed: true });
  },
};

export default defineConfig({
  test: {
    ...base.test,
    globalSetup: [],
    typecheck: { enabled: false },
    hookTimeout: 30_000,
    bail: 1,
    cache: false,
    fileParallelism: false,
    sequence: { sequencer: AsGiven },
    reporters: [reporter],
  },
});
