/**
 * `identity: 'given'`: an event's own identity, on every way into a flow, through every way out of it.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Batch,
  createBatchFlow,
  defineSchema,
  EventError,
  type FlowSettings,
  identityOf,
  t,
  withIdentity,
} from '../../dist/src/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { temporaryFolder } from '../bench/temporary-folder.js';
import { sql } from '../fixtures/letters.js';

const Event = defineSchema('events', {
  i: t.int32(),
  blob: t.bytes().optional(),
  text: t.string().optional(),
});
const idOf = (i: number) => identityOf('test', i);
const textOf = (i: number) => Buffer.from(idOf(i)).toString('base64url');
const event = (i: number) => ({ i, ...(i % 3 === 0 && { blob: Buffer.from(`b${i}`), text: 'ä'.repeat(i) }) });
const given = (i: number) => withIdentity(event(i), idOf(i));

async function collecting(settings: FlowSettings = {}) {
  const seen = new Map<number, string>();
  const flow = await createBatchFlow({
    schema: Event,
    identity: 'given',
    ...settings,
    onBatch: (batch: Batch<typeof Event>) => {
      for (let row = 0; row < batch.length; row++) seen.set(batch.row(row).i, batch.identity(row));
    },
  });
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  return { flow, seen };
}

describe('an identity that an event brings along', () => {
  it('arrives with its row on every way into the flow', async () => {
    const { flow, seen } = await collecting();
    flow.push(given(0));
    flow.pushMany([1, 2, 3].map(given));
    const columns = { i: Int32Array.of(4, 5) };
    expect(flow.pushColumns(withIdentity(columns, [idOf(4), idOf(5)]), 2)).toBe(2);
    await Promise.all([flow.write(given(6)), flow.send(given(7))]);
    flow.toWritable().write(given(8));
    await flow.committed();
    expect([...seen].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: 9 }, (_, i) => [i, textOf(i)]));
  });

  it.each([
    ['one by one', (ids: readonly Uint8Array[]) => ids],
    ['as the bytes of all', (ids: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(ids))],
  ] as const)('comes with columns, %s, which are stored in bulk', async (_, given) => {
    const seen = new Map<number, string>();
    const schema = defineSchema('bulk', { i: t.int32(), text: t.string(), tag: t.label().optional() });
    const flow = await createBatchFlow({
      ...{ schema, identity: 'given', flushSize: 100, bufferSize: 1000 },
      onBatch: (batch) => {
        for (let row = 0; row < batch.length; row++)
          seen.set(batch.row(row).i as number, batch.identity(row));
      },
    });
    const rows = Array.from({ length: 350 }, (_, i) => i);
    // Parts of several blocks, in blocks that had rows without identities before.
    for (let turn = 0; turn < 8; turn++) {
      const columns = { i: Int32Array.from(rows), text: rows.map((i) => 'ä'.repeat(i % 30)) };
      const identified = turn % 2 === 1;
      const ids = rows.map((i) => idOf(350 * turn + i));
      expect(flow.pushColumns(identified ? withIdentity(columns, given(ids) as never) : columns, 350)).toBe(
        350,
      );
      await flow.committed();
      if (identified) expect(rows.map((i) => seen.get(i))).toEqual(rows.map((i) => textOf(350 * turn + i)));
      else expect(new Set([...seen.values(), ...ids.map((_, i) => textOf(350 * turn + i))]).size).toBe(700);
    }
    await flow.close();
  });

  it('that is none in columns is refused with its row; those before it are taken', async () => {
    const schema = defineSchema('bulk', { i: t.int32() });
    const seen: string[] = [];
    const flow = await createBatchFlow({
      ...{ schema, identity: 'given' },
      onBatch: (batch) => void seen.push(...batch.rows().map((_, row) => batch.identity(row))),
    });
    const ids = [idOf(0), undefined, idOf(2), new Uint8Array(24), idOf(4)] as Uint8Array[];
    const push = () => flow.pushColumns(withIdentity({ i: [0, 1, 2, 3, 4] }, ids), 5);
    expect(push).toThrow(
      expect.objectContaining({ index: 3, message: expect.stringContaining('its identity') }),
    );
    expect(() => flow.pushColumns(withIdentity({ i: [1, 2] }, new Uint8Array(49)), 2)).toThrow(/at least 2/);
    await flow.close();
    expect(seen).toEqual([textOf(0), expect.not.stringMatching(textOf(1)), textOf(2)]);
  });

  it('stands beside rows without one, which have the identity of the flow', async () => {
    const { flow, seen } = await collecting({ flushSize: 4 });
    for (let i = 0; i < 40; i++) flow.push(i % 2 === 0 ? given(i) : event(i));
    await flow.committed();
    for (const [i, identity] of seen) {
      if (i % 2 === 0) expect(identity).toBe(textOf(i));
      else expect(Buffer.from(identity, 'base64url').readUIntBE(19, 6)).toBe(i);
    }
    expect(seen.size).toBe(40);
    expect(new Set(seen.values()).size).toBe(40);
  });

  it('leaves the ranges of batches in which no row has one', async () => {
    const ranges: unknown[] = [];
    const flow = await createBatchFlow({
      schema: Event,
      identity: 'given',
      onBatch: (batch) => void ranges.push(batch.ranges),
    });
    flow.push(event(1));
    await flow.committed();
    flow.push(given(2));
    await flow.close();
    expect(ranges).toEqual([[{ producer: 63, first: 0, count: 1 }], undefined]);
  });

  it.each([new Uint8Array(24), 'A'.repeat(34), 7, {}])(
    'is refused as %o, and the row with it',
    async (bad) => {
      const { flow } = await collecting();
      const push = () => flow.push(withIdentity(event(1), bad as Uint8Array));
      expect(push).toThrow(EventError);
      expect(push).toThrow(/its identity: got .*; expected a Uint8Array of 25 bytes, or nothing/);
      expect(flow.stats().accepted).toBe(0);
      expect(() => flow.pushColumns(withIdentity({ i: [1, 2] }, [idOf(1)]), 2)).toThrow(/at least 2/);
    },
  );

  it('is for values without a schema, too, if they are objects', async () => {
    const seen: string[] = [];
    const flow = await createBatchFlow({
      identity: 'given',
      onBatch: (batch) => void seen.push(...batch.rows().map((_, row) => batch.identity(row))),
    });
    for (const value of [withIdentity({ a: 1 }, idOf(1)), withIdentity([1], idOf(2)), 'text', null]) {
      flow.push(value as never);
    }
    await flow.close();
    expect(seen.slice(0, 2)).toEqual([textOf(1), textOf(2)]);
    expect(new Set(seen).size).toBe(4);
  });

  it('is no concern of a flow that assigns identities', async () => {
    const { flow, seen } = await collecting({ identity: 'assigned' });
    flow.push(given(1));
    expect(flow.takesIdentities).toBe(false);
    await flow.committed();
    expect(seen.get(1)).not.toBe(textOf(1));
    expect(flow.duplicatesAtTarget(flow.position())).toBeUndefined();
  });

  it('is kept by a dead letter', async () => {
    const file = fileURLToPath(new URL('events.db', temporaryFolder()));
    sql(
      file,
      'CREATE TABLE events (i INTEGER CHECK (i <> 3), blob BLOB, text TEXT, id BLOB NOT NULL UNIQUE)',
    );
    const flow = await createBatchFlow({
      schema: Event,
      identity: 'given',
      sink: sqlite({ file, identityColumn: 'id' }),
    });
    flow.on('flushError', () => {});
    flow.pushMany([1, 2, 3, 4].map(given));
    expect(await flow.close()).toMatchObject({ committed: 3, deadLettered: 1 });
    const letters = `${file.slice(0, -3)}.dead-letters.db`;
    expect(sql(letters, 'SELECT identity FROM dead_letters')).toEqual([[textOf(3)]]);
  });
});

describe('duplicatesAtTarget', () => {
  const place = async (settings: FlowSettings = {}, dedupe?: { readonly by: 'text' }) => {
    const file = fileURLToPath(new URL('events.db', temporaryFolder()));
    const flow = await createBatchFlow({
      schema: Event,
      ...(dedupe && { dedupe }),
      identity: 'given',
      sink: sqlite({ file, identityColumn: 'id' }),
      ...settings,
    });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    return { flow, ids: () => sql(file, 'SELECT i FROM events ORDER BY i').flat() };
  };

  it('names the rows of this producer that were there, and no others', async () => {
    const { flow, ids } = await place({ flushSize: 10 });
    flow.pushMany([3, 4, 9].map(given));
    await flow.committed();
    const since = flow.position();
    const other = flow.producer();
    other.push(given(3));
    flow.pushMany([1, 2, 3, 4, 5, 9, 9].map(given));
    await Promise.all([other.committed(), flow.committed({ since })]);
    expect(flow.duplicatesAtTarget(since)).toEqual([
      { first: 2, count: 2 },
      { first: 5, count: 2 },
    ]);
    expect(flow.duplicatesAtTarget(flow.position())).toEqual([]);
    expect(flow.stats()).toMatchObject({ committed: 11, duplicatesAtTarget: 5 });
    expect(ids()).toEqual([1, 2, 3, 4, 5, 9]);
  });

  it('leaves out rows that a deduplication dropped in favour of one that was there', async () => {
    const { flow, ids } = await place({ flushIntervalMs: 60_000 }, { by: 'text' });
    const same = (i: number) => withIdentity({ i, text: 'same' }, idOf(i));
    flow.push(same(3));
    await flow.committed();
    const since = flow.position();
    flow.pushMany([1, 2, 3].map(same));
    await flow.committed({ since });
    expect(flow.duplicatesAtTarget(since)).toEqual([{ first: 2, count: 1 }]);
    expect(flow.stats()).toMatchObject({ committed: 2, duplicatesAtTarget: 1, dropped: { duplicate: 2 } });
    expect(ids()).toEqual([3]);
  });

  it('knows nothing where more were there than it remembers', async () => {
    const { flow } = await place({ maxPendingWrites: 1 });
    const even = Array.from({ length: 100 }, (_, i) => 2 * i);
    flow.pushMany(even.map(given));
    await flow.committed();
    const since = flow.position();
    flow.pushMany(Array.from({ length: 200 }, (_, i) => given(i)));
    await flow.committed({ since });
    expect(flow.duplicatesAtTarget(since)).toBeUndefined();
  });

  it('knows nothing where the sink says only how many', async () => {
    const flow = await createBatchFlow({
      schema: Event,
      identity: 'given',
      onBatch: ({ length }) => ({ skipped: length - 1 }),
    });
    onTestFinished(async () => void (await flow.destroy().catch(() => {})));
    const since = flow.position();
    flow.pushMany([1, 2, 3].map(given));
    await flow.committed({ since });
    expect(flow.duplicatesAtTarget(since)).toBeUndefined();
    expect(flow.stats()).toMatchObject({ committed: 3, duplicatesAtTarget: 2 });
  });
});

describe('identityOf', () => {
  it('is one value for the same parts in the same order, and another for any others', () => {
    const made = [
      identityOf('a', 'b'),
      identityOf('ab'),
      identityOf('a', '', 'b'),
      identityOf('b', 'a'),
      identityOf('1:b'),
      identityOf(Buffer.from('a'), 'c'),
    ].map((bytes) => Buffer.from(bytes).toString('hex'));
    expect(new Set(made).size).toBe(made.length);
    // SHA-256 of "1:a2:12", cut: a value that no release may change.
    expect(Buffer.from(identityOf('a', 12n)).toString('hex')).toBe(
      Buffer.from(identityOf(Buffer.from('a'), 12)).toString('hex'),
    );
    expect(Buffer.from(identityOf('a', 12)).toString('hex')).toBe(
      '4b334c4828d8f49a489f2cf129af13490ae4cee180b4aa1310',
    );
  });
});
