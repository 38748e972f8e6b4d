/**
 * The circuit's states, on a clock that the test moves.
 */
import { expect, it } from 'vitest';
import { Circuit } from '../../../dist/src/flow/flusher/circuit.js';

function circuitOf(settings = { failures: 2, coolDownMs: 100 }) {
  const test = { ms: 1000, changes: 0 };
  const circuit = new Circuit(
    settings,
    () => test.changes++,
    () => test.ms,
  );
  return { circuit, test };
}

it('opens after so many failed batches in a row, tries one after the pause, and closes when it is taken', () => {
  const { circuit, test } = circuitOf();
  circuit.flush(() => false);
  circuit.flush(() => true);
  circuit.flush(() => false);
  expect([circuit.state, circuit.pauseMs]).toEqual(['closed', 0]);
  circuit.flush(() => false);
  expect([circuit.state, circuit.pauseMs, test.changes]).toEqual(['open', 100, 1]);
  test.ms += 99;
  circuit.flush(() => expect.unreachable('flushed while the circuit is open'));
  expect(circuit.pauseMs).toBe(1);
  test.ms += 1;
  expect([circuit.state, circuit.pauseMs]).toEqual(['open', 0]);
  circuit.flush(() => true);
  expect([circuit.state, circuit.pauseMs, test.changes]).toEqual(['closed', 0, 3]);
  // The count began anew.
  circuit.flush(() => false);
  expect(circuit.state).toBe('closed');
});

it('opens again when the one that is tried fails, and tries no second beside it', async () => {
  const { circuit, test } = circuitOf({ failures: 1, coolDownMs: 100 });
  circuit.flush(() => false);
  test.ms += 100;
  let fail = (_: boolean) => {};
  const tried = circuit.flush(() => new Promise<boolean>((resolve) => (fail = resolve)));
  expect([circuit.state, circuit.pauseMs]).toEqual(['half-open', Number.POSITIVE_INFINITY]);
  circuit.flush(() => expect.unreachable('flushed beside the one that is tried'));
  test.ms += 50;
  fail(false);
  await tried;
  expect([circuit.state, circuit.pauseMs]).toEqual(['open', 100]);
});

it('is not moved by batches that began before it opened', async () => {
  const { circuit, test } = circuitOf({ failures: 1, coolDownMs: 100 });
  const answers: ((taken: boolean) => void)[] = [];
  const slow = () => circuit.flush(() => new Promise<boolean>((resolve) => void answers.push(resolve)));
  const flushes = [slow(), slow(), slow()];
  answers[0]?.(false);
  await flushes[0];
  test.ms += 40;
  answers[1]?.(false);
  await flushes[1];
  // Neither a later failure lengthens the pause, …
  expect([circuit.state, circuit.pauseMs]).toEqual(['open', 60]);
  answers[2]?.(true);
  await flushes[2];
  // … nor does a success end it.
  expect([circuit.state, circuit.pauseMs]).toEqual(['open', 60]);
});

it('passes on what ends the thread', async () => {
  const { circuit } = circuitOf();
  const ended = new Error('the flush is broken');
  await expect(circuit.flush(() => Promise.reject(ended))).rejects.toBe(ended);
});
