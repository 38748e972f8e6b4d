/**
 * Random commands against a model: whatever the order of pushes, flushes, updates, failures and gates, every
 * row arrives once and in order, or was refused, dropped or reported, and the counters say which. Calls of `write` say
 * the truth of their rows.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatchFlow, defineSchema, type Flow, type Producer, t } from '../../dist/src/index.js';

const Event = defineSchema('events', { producer: t.uint8(), i: t.int32(), text: t.string().optional() });
type OnFull = 'reject' | 'drop-newest' | 'drop-oldest';

/** What must be true of a real flow, kept by hand. */
interface Model {
  onFull: OnFull;
  failing: boolean;
  accepted: number;
  rejected: number;
  /** The next row number of each producer. */
  next: number[];
}

/** The producer whose rows are all written; the others' are pushed. */
const writer = 2;

interface Real {
  flow: Flow<typeof Event>;
  /** Calls of `write`, by the number of their row. */
  writes: Promise<void>[];
  producers: Producer<typeof Event>[];
  arrived: number[][];
  sinkFails: boolean;
}

type Command = fc.AsyncCommand<Model, Real>;

const push = (producer: number, count: number, length: number): Command => ({
  check: () => true,
  toString: () => `push(${producer}, ${count} × ${length} characters)`,
  async run(model, real) {
    const target = real.producers[producer] as Producer<typeof Event>;
    for (let n = 0; n < count; n++) {
      const i = model.next[producer] as number;
      const text = length === 0 ? null : 'é'.repeat(length);
      const accepted = target.push({ producer, i, text });
      if (accepted) {
        model.accepted++;
        model.next[producer] = i + 1;
      } else {
        model.rejected++;
        expect(model.onFull).toBe('reject');
      }
    }
  },
});

const badPush = (producer: number): Command => ({
  check: () => true,
  toString: () => `badPush(${producer})`,
  async run(_model, real) {
    const bad = { producer, i: 0.5, text: 'x' };
    // A full ring answers before the event is looked at.
    try {
      (real.producers[producer] as Producer<typeof Event>).push(bad);
      _model.onFull === 'reject' ? _model.rejected++ : _model.accepted++;
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_EVENT_INVALID', field: 'i' });
    }
  },
});

const write = (count: number, length: number, wait: boolean): Command => ({
  check: () => true,
  toString: () => `write(${count} × ${length} characters)`,
  async run(model, real) {
    const target = real.producers[writer] as Producer<typeof Event>;
    for (let n = 0; n < count; n++) {
      const i = model.next[writer] as number;
      model.next[writer] = i + 1;
      const call = target.write({ producer: writer, i, text: 'é'.repeat(length) });
      call.catch(() => {});
      real.writes.push(call);
    }
    if (wait) await Promise.allSettled(real.writes);
  },
});

const committed = (producer: number): Command => ({
  check: () => true,
  toString: () => `committed(${producer})`,
  async run(model, real) {
    const target = real.producers[producer] as Producer<typeof Event>;
    const since = target.position();
    const accepted = target.push({ producer, i: model.next[producer] as number, text: 'awaited' });
    if (!accepted) {
      model.rejected++;
      return;
    }
    model.accepted++;
    model.next[producer] = (model.next[producer] as number) + 1;
    const stored = await target.committed({ since }).then(
      () => true,
      () => false,
    );
    const arrived = (real.arrived[producer] as number[]).at(-1) === (model.next[producer] as number) - 1;
    expect(stored).toBe(arrived);
  },
});

const flush: Command = {
  check: () => true,
  toString: () => 'flush()',
  async run(_model, real) {
    // Each of them ends without a flush.
    await Promise.allSettled(real.writes);
    await real.flow.flush();
    expect(real.flow.stats()).toMatchObject({ pending: 0, inFlight: 0 });
  },
};

const turn: Command = {
  check: () => true,
  toString: () => 'turn()',
  run: async () => void (await new Promise(setImmediate)),
};

const publish = (producer: number): Command => ({
  check: () => true,
  toString: () => `publish(${producer})`,
  run: async (_model, real) => real.producers[producer]?.publish(),
});

const update = (flushSize: number, flushIntervalMs: number): Command => ({
  check: () => true,
  toString: () => `update(${flushSize}, ${flushIntervalMs})`,
  run: async (_model, real) => real.flow.update({ flushSize, flushIntervalMs }),
});

const setFailing = (failing: boolean): Command => ({
  check: (model) => model.failing !== failing,
  toString: () => `setFailing(${failing})`,
  async run(model, real) {
    await Promise.allSettled(real.writes);
    await real.flow.flush();
    model.failing = failing;
    real.sinkFails = failing;
  },
});

const commands = [
  fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 25 }), fc.nat(12)).map((args) => push(...args)),
  fc.nat(1).map(badPush),
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(12), fc.boolean()).map((args) => write(...args)),
  fc.nat(1).map(committed),
  fc.constant(flush),
  fc.constant(turn),
  fc.nat(1).map(publish),
  fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 50 })).map((args) => update(...args)),
  fc.boolean().map(setFailing),
];

test('every row arrives once and in order, or is accounted for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands(commands, { maxCommands: 40 }),
      fc.constantFrom<OnFull>('reject', 'drop-newest', 'drop-oldest'),
      fc.constantFrom(1, 5, 128),
      async (sequence, onFull, publishEvery) => {
        const arrived: number[][] = [[], [], []];
        const real: Omit<Real, 'flow' | 'producers'> = { arrived, writes: [], sinkFails: false };
        await using flow = await createBatchFlow({
          schema: Event,
          onBatch: (batch) => {
            if (real.sinkFails) throw new Error('no');
            for (const row of batch) (arrived[row.producer] as number[]).push(row.i);
          },
          onFull,
          publishEvery,
          flushSize: 8,
          bufferSize: 40,
          blockTextBytes: 128,
          flushIntervalMs: 20,
          flushMode: 'sync',
          retry: { maxAttempts: 1 },
          circuit: false,
        });
        const model: Model = { onFull, failing: false, accepted: 0, rejected: 0, next: [0, 0, 0] };
        const producers = [flow.producer(), flow.producer(), flow.producer()];
        const whole = Object.assign(real, { flow, producers });
        await fc.asyncModelRun(() => ({ model, real: whole }), sequence);
        const report = await flow.close();
        const outcomes = await Promise.allSettled(real.writes);
        for (const [i, { status, ...rest }] of outcomes.entries()) {
          const reason = 'reason' in rest ? rest.reason.code : undefined;
          // A call in line, at the end: its row was never accepted.
          if (reason !== 'ERR_FLOW_CLOSED') model.accepted++;
          expect([i, status]).toEqual([i, arrived[writer]?.includes(i) ? 'fulfilled' : 'rejected']);
        }
        const stats = flow.stats();
        const dropped = Object.values(stats.dropped).reduce((a, b) => a + b, 0);
        expect(report.undelivered).toBe(0);
        expect(stats).toMatchObject({
          accepted: model.accepted,
          rejected: model.rejected,
          pending: 0,
          inFlight: 0,
        });
        expect(stats.committed + dropped).toBe(model.accepted);
        expect(arrived.flat().length).toBe(stats.committed);
        for (const [producer, rows] of arrived.entries()) {
          const sorted = [...rows].sort((a, b) => a - b);
          expect(rows).toEqual(sorted);
          expect(new Set(rows).size).toBe(rows.length);
          expect(rows.at(-1) ?? -1).toBeLessThan(model.next[producer] as number);
          if (dropped === 0 && producer !== writer) expect(rows.length).toBe(model.next[producer]);
        }
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
