/**
 * AbortSignals of waits: one that has aborted before, and one that many waits and flows share.
 */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, t } from '../../../dist/src/index.js';
import { Gate } from '../../fixtures/gate.js';

const Event = defineSchema('events', { i: t.int32() });
const reason = new Error('not any more');

let gate: Gate;
let flow: Flow<typeof Event>;

async function open(settings: object = {}): Promise<Flow<typeof Event>> {
  const made = await createBatchFlow({
    schema: Event,
    sink: gate.sink(),
    flushSize: 4,
    bufferSize: 12,
    ...settings,
  });
  onTestFinished(async () => {
    gate.open();
    await made.destroy().catch(() => {});
  });
  return made;
}

beforeEach(async () => {
  gate = new Gate();
  flow = await open();
});

/** Rows until the ring is full, none of which is committed. */
function fill(): void {
  gate.shut();
  while (flow.push({ i: 1 }));
}

const waits: [name: string, wait: (options: { signal: AbortSignal }) => Promise<unknown>][] = [
  ['committed()', (options) => flow.committed(options)],
  ['flush()', (options) => flow.flush(options)],
  ['writable()', (options) => flow.writable(options)],
  ['committed() of a producer', (options) => flow.producer().committed(options)],
  ['writable() of a producer', (options) => flow.producer().writable(options)],
  ['close()', (options) => flow.close(options)],
];

describe.each(waits)('%s with a signal that has aborted', (_, wait) => {
  const signal = AbortSignal.abort(reason);

  test('rejects, though nothing is waited for', async () => {
    await expect(wait({ signal })).rejects.toBe(reason);
    expect(flow.closed).toBe(false);
    expect(flow.push({ i: 1 })).toBe(true);
  });

  test('rejects before anything else does', async () => {
    if (_.includes('producer')) return;
    await flow.close();
    await expect(wait({ signal })).rejects.toBe(reason);
  });
});

test('a flow is not made with a signal that has aborted', async () => {
  const made = createBatchFlow({ schema: Event, sink: gate.sink(), signal: AbortSignal.abort(reason) });
  await expect(made).rejects.toBe(reason);
  // That of the flow that each test has.
  expect(gate.opened).toBe(1);
});

describe('one signal of many waits', () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
  });
  /** Warnings are emitted in a tick of their own. */
  const warned = () => new Promise((resolve) => setImmediate(resolve));

  test('has one listener of this package, and none after the waits', async () => {
    fill();
    const { signal } = new AbortController();
    const waiting = Array.from({ length: 20 }, () => [
      flow.committed({ signal }),
      flow.flush({ signal }),
      flow.writable({ signal }),
    ]).flat();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    gate.open();
    await Promise.all(waiting);
    await Promise.all(Array.from({ length: 20 }, () => flow.close({ signal })));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await warned();
    expect(warnings).toEqual([]);
  });

  test('ends each of them, and a wait that has ended stays as it was', async () => {
    fill();
    const abort = new AbortController();
    const { signal } = abort;
    const early = flow.committed({ signal, timeoutMs: 1 });
    await expect(early).rejects.toMatchObject({ code: 'ERR_WAIT_TIMEOUT' });
    const waiting = Array.from({ length: 20 }, (_, n) =>
      n % 2 ? flow.committed({ signal }) : flow.flush({ signal }),
    );
    const outcomes = Promise.allSettled(waiting);
    abort.abort(reason);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(
      new Set((await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason)),
    ).toEqual(new Set([reason]));
    await warned();
    expect(warnings).toEqual([]);
  });

  test('may be the signal of many flows, which all end with it', async () => {
    const abort = new AbortController();
    const flows = await Promise.all(
      Array.from({ length: 12 }, () =>
        createBatchFlow({ schema: Event, onBatch() {}, signal: abort.signal }),
      ),
    );
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    await flows[0]?.close();
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    abort.abort(reason);
    expect(flows.map(({ closed }) => closed)).toEqual(Array.from({ length: 12 }, () => true));
    await Promise.all(flows.map((each) => each.close()));
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    await warned();
    expect(warnings).toEqual([]);
  });
});
