/**
 * Flows with a source: when its units are acknowledged, when they are handed back, and what its failures lead to.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ConfigError,
  createBatchFlow,
  defineSchema,
  FlowFailedError,
  handler,
  SourceError,
  t,
} from '../../../dist/src/index.js';
import { errorOf } from '../../fixtures/error-of.js';
import { Event } from '../../fixtures/script.js';
import {
  letterGate,
  ScriptedSource,
  type SourceScene,
  sinkGate,
  sourceFlow,
  storeAll,
} from '../../fixtures/scripted-source.js';
import { until } from '../../fixtures/until.js';

/** Ten units of eight rows, one after the other. */
const tenUnits = async ({ unit }: SourceScene) => {
  for (let u = 0; u < 10; u++) {
    await unit(
      u,
      Array.from({ length: 8 }, (_, n) => u * 8 + n),
    );
  }
};

/** The same, with the thread's end at the fifth unit of the first run. */
const dyingOnce = async ({ unit, start }: SourceScene) => {
  for (let u = 0; u < 10; u++) {
    if (u === 5 && start === 1) process.exit(1);
    await unit(
      u,
      Array.from({ length: 8 }, (_, n) => u * 8 + n),
    );
  }
};

const ones = (count: number) => Array.from({ length: count }, () => 1);

describe('units of a source', () => {
  it('are acknowledged once, each after its rows, and the source has ended when all are', async () => {
    const source = new ScriptedSource(tenUnits, storeAll);
    const flow = await sourceFlow(source);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(10)).toEqual(ones(10));
    expect(source.sink.stored(80)).toEqual(ones(80));
    expect(source.count('early')).toBe(0);
    expect(flow.stats().source).toEqual({
      ...{ received: 10, acknowledged: 10, handedBack: 0, inFlight: 0, refused: 0, restarts: 0 },
      state: 'ended',
    });
    expect(flow.closed).toBe(false);
    expect(flow.settings()).toMatchObject({ onGivenUp: 'keep', source: { module: source.ref().module } });
    expect(flow.settings().source).not.toHaveProperty('options');
    expect(await flow.close()).toMatchObject({ committed: 80, undelivered: 0 });
    expect(source.count('closed')).toBe(1);
  });

  it('are acknowledged in the order in which they end: one that waits holds up no other', async () => {
    const source = new ScriptedSource(tenUnits, ({ rows, store, words }) => {
      if (rows.some(({ i }) => i === 0)) Atomics.wait(words, 4110, 1);
      store(rows);
    });
    source.shut(sinkGate);
    const flow = await sourceFlow(source, { flushers: 2 });
    await until(() => source.count('acknowledged') === 9, 'nine units');
    expect(source.acknowledged(10)).toEqual([0, ...ones(9)]);
    source.open(sinkGate);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(10)).toEqual(ones(10));
  });

  it('wait for the rows of all schemas, and for blocks that settle one after the other', async () => {
    const other = defineSchema('other', { i: t.int32() });
    const source = new ScriptedSource(
      async ({ context, unit }) => {
        await unit(0, [], async () => {
          await context.producer('other').send({ i: 0 });
          for (let i = 1; i < 40; i++) await context.producer('events').send({ i, text: '' });
        });
        await unit(1, []);
      },
      ({ rows, store, words, batch }) => {
        if (batch.schema.name === 'other') Atomics.wait(words, 4110, 1);
        store(rows);
      },
    );
    source.shut(sinkGate);
    const flow = await sourceFlow(source, { schema: undefined, schemas: [Event, other], flushers: 2 });
    await until(() => flow.stats().committed === 39, 'the rows of one schema');
    await until(() => source.count('acknowledged') === 1, 'the unit without rows');
    expect(source.acknowledged(2)).toEqual([0, 1]);
    source.open(sinkGate);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(2)).toEqual([1, 1]);
  });

  it('that are done when their rows had ended before are acknowledged, though no row follows', async () => {
    const source = new ScriptedSource(async ({ unit, words }) => {
      await unit(0, [0, 1, 2], async () => {
        while (Atomics.load(words, 1) < 3) await new Promise((resolve) => setTimeout(resolve, 1));
      });
    }, storeAll);
    const flow = await sourceFlow(source);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(1)).toEqual([1]);
  });

  it('may lie across each other', async () => {
    const source = new ScriptedSource(
      async ({ context }) => {
        const send = (i: number) => context.producer().send({ i, text: '' });
        const first = context.begin({ u: 0, rows: [0, 2] });
        await send(0);
        const second = context.begin({ u: 1, rows: [1] });
        await send(1);
        second.done();
        await send(2);
        first.done();
        first.done();
      },
      ({ rows, store, words }) => {
        if (rows.some(({ i }) => i === 2)) Atomics.wait(words, 4110, 1);
        store(rows);
      },
    );
    source.shut(sinkGate);
    const flow = await sourceFlow(source, { flushSize: 1, bufferSize: 8 });
    await until(() => source.count('acknowledged') === 1, 'the second unit');
    expect(source.acknowledged(2)).toEqual([0, 1]);
    source.open(sinkGate);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(2)).toEqual([1, 1]);
    expect(source.count('early')).toBe(0);
  });

  it('are acknowledged while the thread that created the flow is blocked', async () => {
    const source = new ScriptedSource(tenUnits, storeAll);
    source.shut(sinkGate);
    await sourceFlow(source);
    source.open(sinkGate);
    expect(source.blockUntilAcknowledged(10)).toBe(true);
  });

  it('are reported by `working` while they are under way', async () => {
    const source = new ScriptedSource(tenUnits, storeAll);
    source.shut(sinkGate);
    const flow = await sourceFlow(source);
    await until(() => source.count('working') > 0, 'a call of working');
    source.open(sinkGate);
    await flow.sourceEnded;
    expect(source.acknowledged(10)).toEqual(ones(10));
  });

  it('find a full ring: they wait for room, and no row is refused for good', async () => {
    const source = new ScriptedSource(async ({ context, unit, words }) => {
      for (let u = 0; u < 100; u++) {
        await context.whenRoom(4);
        Atomics.store(words, 4120, Math.max(Atomics.load(words, 4120), context.room));
        await unit(u, [4 * u, 4 * u + 1, 4 * u + 2, 4 * u + 3]);
      }
    }, storeAll);
    source.shut(sinkGate);
    const flow = await sourceFlow(source, { bufferSize: 32 });
    await until(() => flow.ring().freeBlocks === 0, 'a full ring');
    expect(flow.stats().source?.received).toBeLessThanOrEqual(9);
    expect(source.count('acknowledged')).toBe(0);
    source.open(sinkGate);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.sink.stored(400)).toEqual(ones(400));
    expect(source.acknowledged(100)).toEqual(ones(100));
    expect(source.words[4120]).toBeLessThanOrEqual(32);
  });
});

it('the room of a source ends at the high watermark', async () => {
  const source = new ScriptedSource(async ({ context, unit, words }) => {
    for (let u = 0; u < 50; u++) {
      await context.whenRoom(1000);
      Atomics.store(words, 4120, Math.max(Atomics.load(words, 4120), context.room));
      await unit(u, [2 * u, 2 * u + 1]);
    }
  }, storeAll);
  const flow = await sourceFlow(source, { bufferSize: 64, highWatermark: 20 });
  expect(await flow.sourceEnded).toBe(true);
  expect(source.sink.stored(100)).toEqual(ones(100));
  expect(source.words[4120]).toBeLessThanOrEqual(20);
});

describe('the end of a flow with a source', () => {
  /** Units without an end. */
  const endless = async ({ context, unit }: SourceScene) => {
    for (let u = 0; u < 1000 && !context.signal.aborted; u++) {
      await unit(u, [2 * u, 2 * u + 1]);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };

  it('lets it finish the units that it has begun: all are acknowledged, none is handed back', async () => {
    const source = new ScriptedSource(endless, storeAll);
    const flow = await sourceFlow(source);
    await until(() => source.count('acknowledged') > 5, 'some units');
    const report = await flow.close();
    const { received } = flow.stats().source as { received: number };
    expect(source.acknowledged(received)).toEqual(ones(received));
    expect(source.count('handedBack')).toBe(0);
    expect(report).toMatchObject({ committed: 2 * received, undelivered: 0 });
    expect(await flow.sourceEnded).toBe(false);
    expect(source.count('closed')).toBe(1);
  });

  it('hands back what is under way when the flow stops, and acknowledges nothing any more', async () => {
    const source = new ScriptedSource(tenUnits, storeAll);
    source.shut(sinkGate);
    const flow = await sourceFlow(source, { flushMode: 'async', maxConcurrentFlushes: 2 });
    await until(() => flow.stats().source?.received === 10, 'all units');
    const closing = flow.close({ timeoutMs: 50 });
    await until(() => source.count('closed') === 1, 'the end of the source');
    source.open(sinkGate);
    await closing;
    expect(source.acknowledged(10)).toEqual(source.acknowledged(10).map(() => 0));
    expect(source.handedBack(10)).toEqual(ones(10));
    expect(flow.stats().source).toMatchObject({ received: 10, acknowledged: 0, handedBack: 10, inFlight: 0 });
  });

  it('ends a source that does not look at its signal', async () => {
    const source = new ScriptedSource(async ({ unit }) => {
      await unit(0, [0]);
      await new Promise(() => {});
    }, storeAll);
    const flow = await sourceFlow(source);
    await until(() => source.count('acknowledged') === 1, 'the unit');
    expect(await flow.close()).toMatchObject({ committed: 1 });
  });
});

describe('failures of a source', () => {
  it('run: it is called again, and its unfinished units are handed back', async () => {
    const source = new ScriptedSource(async ({ unit, start }) => {
      if (start === 1) {
        await unit(0, [0, 1, 2]);
        await unit(1, [3], () => {
          throw new Error('the broker has gone');
        });
      }
      await unit(1, [3, 4]);
    }, storeAll);
    const flow = await sourceFlow(source);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.acknowledged(2)).toEqual([1, 1]);
    expect(source.handedBack(2)).toEqual([0, 1]);
    expect(source.errors).toHaveLength(1);
    expect(source.errors[0]).toBeInstanceOf(SourceError);
    expect(source.errors[0]?.message).toMatch(/run failed: the broker has gone/);
    expect(flow.stats().source).toMatchObject({ received: 3, acknowledged: 2, handedBack: 1, restarts: 1 });
  });

  it('run: it says that it waits before it is called again, and that it runs', async () => {
    const source = new ScriptedSource(async ({ unit, start }) => {
      if (start < 3) throw new Error('the broker has gone');
      await unit(0, [0]);
    }, storeAll);
    const states = new Set<string | undefined>();
    const flow = await sourceFlow(source);
    const looking = setInterval(() => states.add(flow.stats().source?.state), 5);
    expect(await flow.sourceEnded).toBe(true);
    clearInterval(looking);
    expect(states).toContain('waiting');
    expect(flow.stats().source?.state).toBe('ended');
  });

  it('open: the flow is not created', async () => {
    const source = new ScriptedSource(tenUnits, storeAll);
    const error = await errorOf(sourceFlow(source, {}, { failOpen: 1 }));
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: 'ERR_SOURCE', message: expect.stringMatching(/no broker/) });
  });

  it('open after a death: it is tried again, and what did not open leaves nothing behind', async () => {
    const source = new ScriptedSource(async ({ start, unit }) => {
      if (start === 1) process.exit(1);
      await unit(0, [0]);
    }, storeAll);
    // Two blocks: places for two producers.
    const flow = await sourceFlow(source, { bufferSize: 16 }, { failAgain: 2 });
    expect(await flow.sourceEnded).toBe(true);
    expect(source.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/thread died/),
      expect.stringMatching(/did not open: no broker/),
      expect.stringMatching(/did not open: no broker/),
    ]);
    expect(source.acknowledged(1)).toEqual([1]);
  });

  it('a thread that dies when it has no more units: the flow waits for those of the next, as for any', async () => {
    const source = new ScriptedSource(async ({ context, start, unit }) => {
      if (start === 1) {
        setTimeout(() => process.exit(1), 20);
        await unit(0, [0]);
        return;
      }
      await unit(1, [], async () => {
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
        await new Promise((resolve) => setTimeout(resolve, 200));
        await context.producer('events').send({ i: 1, text: 'late' } as never);
      });
    }, storeAll);
    source.shut(sinkGate);
    const flow = await sourceFlow(source);
    await until(() => flow.stats().source?.received === 2, 'the second thread');
    const closed = flow.close();
    source.open(sinkGate);
    await closed;
    expect(source.acknowledged(2)).toEqual([0, 1]);
  });

  it.each([
    ['../../fixtures/sources/nothing-here.mjs', /cannot be loaded/],
    ['../../fixtures/sinks/no-sink.mjs', /is not a source: it has no run, no acknowledge/],
  ])('its module: %s', async (path, message) => {
    const source = handler(new URL(path, import.meta.url));
    const { sink } = new ScriptedSource(tenUnits, storeAll);
    const flow = createBatchFlow({ schema: Event, sink: sink.sink, source, onGivenUp: 'drop' });
    await expect(flow).rejects.toThrow(message);
    await expect(flow).rejects.toBeInstanceOf(SourceError);
  });

  it("its thread's death: another takes its place, and no row that was pushed is lost", async () => {
    const source = new ScriptedSource(dyingOnce, storeAll);
    const flow = await sourceFlow(source);
    expect(await flow.sourceEnded).toBe(true);
    expect(Math.min(...source.acknowledged(10))).toBeGreaterThanOrEqual(1);
    expect(Math.min(...source.sink.stored(80))).toBeGreaterThanOrEqual(1);
    expect(source.count('early')).toBe(0);
    expect(source.errors[0]?.message).toMatch(/thread died/);
    const { received, acknowledged, handedBack, inFlight, restarts } = flow.stats().source ?? {};
    expect({ inFlight, restarts }).toEqual({ inFlight: 0, restarts: 1 });
    expect(received).toBe((acknowledged ?? 0) + (handedBack ?? 0));
    await flow.close();
    expect(flow.stats().pending).toBe(0);
  });

  it('a thread that dies again and again ends the flow', async () => {
    const source = new ScriptedSource(() => process.exit(1), storeAll);
    const flow = await sourceFlow(source);
    const { how, error } = await flow.ended;
    expect(how).toBe('failed');
    expect(error).toBeInstanceOf(FlowFailedError);
    expect(error?.message).toMatch(/its source keeps dying/);
  });
});

describe('rows and inputs that are given up', () => {
  it('are dead letters before their unit is acknowledged', async () => {
    const source = new ScriptedSource(tenUnits, ({ rows, store }) => {
      store(rows.filter(({ i }) => i !== 9));
      const index = rows.findIndex(({ i }) => i === 9);
      if (index >= 0)
        return { failed: [{ index, error: Object.assign(new Error('bad'), { verdict: 'fatal' }) }] };
    });
    source.shut(letterGate);
    const flow = await sourceFlow(source, { maxConcurrentFlushes: 4 });
    await until(() => source.count('acknowledged') === 9, 'the other units');
    expect(source.acknowledged(10)[1]).toBe(0);
    source.open(letterGate);
    expect(await flow.sourceEnded).toBe(true);
    expect(source.count('early')).toBe(0);
    expect(flow.stats()).toMatchObject({ committed: 79, deadLettered: 1 });
  });

  it('inputs that are no rows are, too', async () => {
    const source = new ScriptedSource(async ({ unit }) => {
      await unit(0, [0], (delivery) => {
        delivery.refuse({ input: '{"i":100}', error: new Error('no event'), schema: 'events' });
        delivery.refuse({ input: Buffer.from('{"i":101}'), error: new Error('no event') });
      });
      await unit(1, [1]);
    }, storeAll);
    source.shut(letterGate);
    const flow = await sourceFlow(source);
    const failures: unknown[] = [];
    flow.on('deadLetter', ({ schema, rows, reason }) => failures.push({ schema, rows, reason }));
    await until(() => source.count('acknowledged') === 1, 'the unit without');
    expect(source.acknowledged(2)).toEqual([0, 1]);
    source.open(letterGate);
    expect(await flow.sourceEnded).toBe(true);
    expect([source.words[102], source.words[103]]).toEqual([1, 1]);
    expect(flow.stats()).toMatchObject({ committed: 2, deadLettered: 0, source: { refused: 2 } });
    await until(() => failures.length > 0, 'the event');
    expect(failures).toEqual([{ schema: 'refused_input', rows: 2, reason: 'refused' }]);
  });

  it('inputs are dropped, counted and reported where that was said', async () => {
    const source = new ScriptedSource(async ({ unit }) => {
      await unit(0, [0], (delivery) => delivery.refuse({ input: '{', error: new Error('no JSON') }));
    }, storeAll);
    const flow = await sourceFlow(source, { deadLetters: false, onGivenUp: 'drop' });
    const errors = flow.errors()[Symbol.asyncIterator]();
    expect(await flow.sourceEnded).toBe(true);
    expect((await errors.next()).value).toMatchObject({ reason: 'refused', deadLettered: false });
    expect(flow.stats().source).toMatchObject({ acknowledged: 1, refused: 1 });
  });
});

it.each([
  [{ deadLetters: false }, 'deadLetters'],
  [{ deadLetters: undefined }, 'deadLetters'],
  [{ deadLetters: undefined, source: undefined, onGivenUp: 'keep' }, 'deadLetters'],
  [{ onFull: 'drop-oldest' }, 'onFull'],
  [{ onFull: 'drop-newest' }, 'onFull'],
  [{ source: { run() {}, acknowledge() {} } }, 'source'],
  [{ onGivenUp: 'forget' }, 'onGivenUp'],
])('a configuration that loses rows of a source is refused: %o', async (settings, key) => {
  const source = new ScriptedSource(tenUnits, storeAll);
  const error = await errorOf(sourceFlow(source, settings));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ key });
});

it('a flow without a source says so', async () => {
  const flow = await createBatchFlow({ schema: Event, onBatch() {} });
  onTestFinished(async () => void (await flow.close()));
  expect(await flow.sourceEnded).toBe(false);
  expect(flow.stats()).not.toHaveProperty('source');
});
