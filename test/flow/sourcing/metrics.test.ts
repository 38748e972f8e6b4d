/**
 * What Prometheus shows of a source: the figures of `stats().source`.
 */
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { prometheus } from '../../../dist/src/metrics/index.js';
import { ScriptedSource, sourceFlow, storeAll } from '../../fixtures/scripted-source.js';

it('the families of a source hold what its statistics hold', async () => {
  // The first run fails with a unit that is not done; the second one takes three, one with an input that is no row.
  const source = new ScriptedSource(async ({ context, start, unit }) => {
    if (start === 1) {
      context.begin(9);
      throw new Error('the first run');
    }
    await unit(0, [0, 1]);
    await unit(1, [2], (delivery) => delivery.refuse({ input: '{', error: new Error('no JSON') }));
    await unit(2, []);
  }, storeAll);
  const flow = await sourceFlow(source, { deadLetters: false, onGivenUp: 'drop' });
  const registry = new Registry();
  prometheus(flow, { registry });
  expect(await flow.sourceEnded).toBe(true);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('batchflow_source_'));
  expect(lines.map((line) => line.replace(/flow="[^"]*",?/, '').replace('{}', '')).sort()).toEqual([
    'batchflow_source_refused_total 1',
    'batchflow_source_restarts_total 1',
    'batchflow_source_state 2',
    'batchflow_source_units_in_flight 0',
    'batchflow_source_units_total{result="acknowledged"} 3',
    'batchflow_source_units_total{result="handed_back"} 1',
    'batchflow_source_units_total{result="received"} 4',
  ]);
});
