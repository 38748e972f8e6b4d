/**
 * A row's identity in a flow: the same at each delivery, whichever thread delivers it, and never another row's.
 */
import { threadId } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveConfig } from '../../dist/src/flow/config/resolve.js';
import { ProducerSlots } from '../../dist/src/flow/shared/producer-slots.js';
import { createShared } from '../../dist/src/flow/shared/shared-flow.js';
import { type Batch, createBatchFlow, defineSchema, t } from '../../dist/src/index.js';
import { dieEverywhere } from '../fixtures/mortal.js';
import { Event, events, type Scene, Script, scriptedFlow } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

/** Where a script notes the identity of each row that it meets first, and how often it was another one later. */
const notedAt = 4096;
const changed = 8000;

/** A script that notes identities, and then does something else. */
function noting(then: (scene: Scene) => unknown): (scene: Scene) => unknown {
  const note = (scene: Scene) => {
    const { batch, rows, words } = scene;
    rows.forEach(({ i }, row) => {
      const noted = new Uint8Array(words.buffer, 4096 + 25 * i, 25);
      const identity = batch.identityBytes(row);
      if (noted.every((byte) => byte === 0)) noted.set(identity);
      else if (noted.some((byte, k) => byte !== identity[k])) Atomics.add(words, 8000, 1);
    });
  };
  return new Function(`return (scene) => { (${note})(scene); return (${then})(scene); }`)();
}

const notedIn = (words: Int32Array, count: number) =>
  Array.from({ length: count }, (_, i) =>
    Buffer.from(new Uint8Array(words.buffer, notedAt + 25 * i, 25)).toString('base64url'),
  );

/** Fails unless each row had one identity, and no two rows the same. */
function expectOwn(words: Int32Array, count: number): string[] {
  const noted = notedIn(words, count);
  expect(Atomics.load(words, changed)).toBe(0);
  expect(new Set(noted).size).toBe(count);
  for (const identity of noted) expect(identity).not.toBe('A'.repeat(34));
  return noted;
}

const fast = { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 2 };

describe('the identity of a row', () => {
  it('stays the same through retries, halves, and rows that are named', async () => {
    const { flow, sink } = await scriptedFlow(
      noting(({ rows, n, store }) => {
        if (n === 1) throw new Error('not yet');
        if (rows.some(({ i }) => i === 13) && rows.length > 1)
          throw Object.assign(new Error('bad'), { code: 'BAD' });
        if (n === 2) return { failed: [{ index: 3, error: new Error('later') }] };
        store(rows);
      }),
      {
        retry: {
          ...fast,
          classify: (error: { code?: string }) => (error.code === 'BAD' ? 'fatal' : 'retry'),
        },
      },
    );
    flow.pushMany(events(40));
    await flow.close();
    expect(sink.writes).toBeGreaterThan(8);
    expectOwn(sink.words, 40);
  });

  it('stays the same when the flusher dies with the row, and another thread delivers it', async () => {
    const { flow, sink } = await scriptedFlow(
      noting(({ rows, n, store }) => {
        if (n === 2 || n === 5) process.exit(1);
        store(rows);
      }),
    );
    flow.pushMany(events(60));
    await flow.close();
    expect(flow.stats().redelivered).toBeGreaterThan(0);
    expectOwn(sink.words, 60);
  });

  it('stays the same in what a stopped flow hands back, and what it has left in the ring', async () => {
    const { flow, sink } = await scriptedFlow(
      noting(({ rows, store, attempt }) => {
        if (attempt === 1) store(rows.filter(({ i }) => i % 2 === 1 && i < 8));
        return {
          failed: rows.flatMap(({ i }, index) =>
            i % 2 === 1 && i < 8 ? [] : [{ index, error: new Error('no') }],
          ),
        };
      }),
      { retry: { ...fast, maxAttempts: 1000 } },
    );
    flow.pushMany(events(20));
    await until(() => sink.writes > 3, 'some attempts');
    await flow.destroy();
    const left = flow.takeUndelivered() as unknown as Batch<typeof Event>[];
    const identities = new Map(
      left.flatMap((batch) => batch.rows().map(({ i }, row) => [i, batch.identity(row)])),
    );
    expect(identities.size).toBe(16);
    const noted = notedIn(sink.words, 8);
    for (const row of [0, 2, 4, 6]) expect(identities.get(row)).toBe(noted[row]);
    expect(new Set([...noted, ...identities.values()]).size).toBe(20);
  });

  it('is that of its dead letter, at each try to put it away', async () => {
    const box = new Script(({ batch, rows, n, words }) => {
      for (const [row, letter] of (rows as unknown as { identity: string; row: string }[]).entries()) {
        const { i } = JSON.parse(letter.row) as { i: number };
        if (batch.identity(row) !== letter.identity) Atomics.add(words, 8000, 1);
        new Uint8Array(words.buffer, 4096 + 25 * i, 25).set(batch.identityBytes(row));
      }
      if (n === 1) throw new Error('not yet');
    });
    const { flow, sink } = await scriptedFlow(
      noting(() => {
        throw new Error('never');
      }),
      { retry: { ...fast, classify: () => 'fatal' }, deadLetters: box.sink },
    );
    flow.on('flushError', () => {});
    flow.pushMany(events(16));
    await expect(flow.committed()).rejects.toMatchObject({ rows: 16, deadLettered: true });
    expect(box.writes).toBeGreaterThan(2);
    expect(expectOwn(box.words, 16)).toEqual(expectOwn(sink.words, 16));
  });

  it('comes with the batches of onBatch', async () => {
    const seen = new Map<number, string>();
    let others = 0;
    const flow = await createBatchFlow({
      schema: Event,
      flushSize: 8,
      retry: fast,
      onBatch(batch) {
        batch.rows().forEach(({ i }, row) => {
          const identity = batch.identity(row);
          if ((seen.get(i) ?? identity) !== identity) others++;
          seen.set(i, identity);
        });
        if (seen.size === 8 && others === 0 && seen.get(0) !== undefined && !seen.has(-1)) {
          seen.set(-1, 'failed once');
          throw new Error('once more');
        }
      },
    });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    flow.pushMany(events(24));
    await flow.close();
    seen.delete(-1);
    expect(others).toBe(0);
    expect(new Set(seen.values()).size).toBe(24);
  });

  it('is never repeated by another producer of the same slot, or another flow', async () => {
    const { flow, sink } = await scriptedFlow(
      noting(({ rows, store }) => store(rows)),
      { maxProducers: 1 },
    );
    for (let from = 0; from < 40; from += 10) {
      const producer = flow.producer();
      for (const event of events(from + 10).slice(from)) producer.push(event);
      producer.close();
    }
    const other = await scriptedFlow(noting(({ rows, store }) => store(rows)));
    other.flow.pushMany(events(40));
    await Promise.all([flow.close(), other.flow.close()]);
    const both = [...expectOwn(sink.words, 40), ...expectOwn(other.sink.words, 40)];
    expect(new Set(both).size).toBe(80);
  });
});

describe("a slot's number of published rows", () => {
  it('is skipped over, and never falls back, wherever a thread dies while the high word changes', async () => {
    const steps = await dieEverywhere((thread) => {
      const schema = defineSchema('events', { i: t.int32() });
      const shared = createShared(resolveConfig({ schema, onBatch() {} }), threadId);
      const slots = new ProducerSlots(shared.slots, shared.maxProducers);
      const slot = slots.take(threadId);
      slots.deactivate(slot, 2 ** 32 - 3);
      const lived = thread.live(() => {
        slots.deactivate(slot, 2 ** 32 - 1);
        slots.deactivate(slot, 2 ** 32 + 1);
      });
      expect(slots.sequence(slot)).toBeGreaterThanOrEqual(2 ** 32 - 3);
      if (lived) expect(slots.sequence(slot)).toBe(2 ** 32 + 1);
      return lived;
    });
    expect(steps).toBe(7);
  });
});
