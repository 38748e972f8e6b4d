/**
 * The end of units, step by step: against a model of blocks that settle in any order, and where a flow stops.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AwaitedRows, UnsettledBlocks } from '../../../dist/src/flow/producer/unsettled-blocks.js';
import { flowState } from '../../../dist/src/flow/shared/live-settings.js';
import { Units } from '../../../dist/src/flow/sourcing/units.js';

/** A producer of blocks of four rows, and its flushers, as far as unsettled blocks see them. */
class BlocksModel {
  readonly lease = { block: -1, generation: 0, published: 0 };
  readonly slot = { sequence: 0 };
  readonly settled: number[] = [];
  readonly blocks: { first: number; rows: number }[] = [];
  readonly watched = new UnsettledBlocks({
    slot: this.slot,
    lease: this.lease,
    progress: { committedRows: ({ block }: { block: number }) => this.settled[block] as number },
  } as never);

  push(): void {
    if (this.lease.block < 0) {
      this.lease.block = this.blocks.length;
      this.lease.published = 0;
      this.blocks.push({ first: this.slot.sequence, rows: 0 });
      this.settled.push(0);
    }
    this.lease.published++;
    this.slot.sequence++;
    (this.blocks.at(-1) as { rows: number }).rows++;
    if (this.lease.published < 4) return;
    this.watched.sealing();
    this.lease.block = -1;
  }

  settle(random: number): void {
    const open = this.blocks.map((_, i) => i).filter((i) => (this.settled[i] as number) < this.rowsOf(i));
    const block = open[random % Math.max(1, open.length)];
    if (block !== undefined) (this.settled[block] as number)++;
  }

  rowsOf(block: number): number {
    return (this.blocks[block] as { rows: number }).rows;
  }

  hasEnded(from: number, to: number): boolean {
    if (to <= from) return true;
    return this.blocks.every(({ first, rows }, i) => {
      const end = first + (this.settled[i] as number);
      return end >= Math.min(to, first + rows) || first >= to || first + rows <= from;
    });
  }
}

it('rows that end together are handed out at the first look after the last has ended, and not before', () => {
  const step = fc.record({
    kind: fc.constantFrom('push', 'push', 'settle', 'settle', 'unit', 'look'),
    n: fc.nat(1000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new BlocksModel();
      const waiting = new Map<AwaitedRows, { from: number; to: number }>();
      let last = 0;
      const look = () => {
        model.watched.look();
        model.watched.takeSettledRows((of) => {
          const { from, to } = waiting.get(of) as { from: number; to: number };
          expect(model.hasEnded(from, to)).toBe(true);
          waiting.delete(of);
        });
        for (const { from, to } of waiting.values()) expect(model.hasEnded(from, to)).toBe(false);
      };
      for (const { kind, n } of steps) {
        if (kind === 'push') model.push();
        if (kind === 'settle') model.settle(n);
        if (kind === 'look') look();
        if (kind !== 'unit') continue;
        // Some overlap the one before.
        const range = { from: Math.max(0, last - (n % 3) + (n % 2)), to: model.slot.sequence };
        const of = { blocks: 0 };
        model.watched.awaitRows(range.from, range.to, of);
        if (of.blocks > 0) waiting.set(of, range);
        else expect(model.hasEnded(range.from, range.to)).toBe(true);
        last = range.to;
      }
      for (let n = 0; n < 1000; n++) model.settle(n);
      look();
      expect(waiting.size).toBe(0);
    }),
    { numRuns: 500 },
  );
});

it('rows of an open block that had ended at the last look are not waited for', () => {
  const model = new BlocksModel();
  for (let n = 0; n < 2; n++) model.push();
  for (let n = 0; n < 2; n++) model.settle(n);
  model.watched.look();
  const of = { blocks: 0 };
  model.watched.awaitRows(0, 2, of);
  expect(of.blocks).toBe(0);
  model.push();
  model.watched.awaitRows(0, 3, of);
  expect(of.blocks).toBe(1);
});

describe('units', () => {
  /** Units of a source with one producer, whose rows end when the test says so. */
  function scene() {
    const acknowledged: unknown[] = [];
    const handedBack: unknown[] = [];
    const worked: unknown[][] = [];
    const settings: { state: number } = { state: flowState.open };
    let settled: AwaitedRows[] = [];
    let awaited: AwaitedRows[] = [];
    let look = () => true;
    const from: number[] = [];
    const producer = {
      nextRow: 0,
      awaitEnds(first: number, of: AwaitedRows) {
        from.push(first);
        of.blocks++;
        awaited.push(of);
      },
      takeEnded(end: (of: AwaitedRows) => void) {
        for (const of of settled.splice(0)) if (--of.blocks === 0) end(of);
      },
      watchEnds(condition: () => boolean) {
        look = condition;
        return new Promise(() => {});
      },
    };
    const counts: Record<string, number> = {};
    const opened = [{ producer, first: 0 }];
    const units = new Units({
      flow: 'test',
      source: {
        acknowledge: (ended: readonly unknown[]) => void acknowledged.push(...ended),
        handBack: (left: readonly unknown[]) => void handedBack.push(...left),
        working: (late: readonly unknown[]) => void worked.push([...late]),
      },
      producers: { opened },
      settings,
      counters: { add: (name: string, amount: number) => (counts[name] = (counts[name] ?? 0) + amount) },
      trouble: () => {},
      refused: () => undefined,
    } as never);
    const settle = () => {
      settled = awaited;
      awaited = [];
    };
    return {
      units,
      opened,
      from,
      settings,
      settle,
      look: () => look(),
      acknowledged,
      handedBack,
      worked,
      counts,
    };
  }

  it('that look settled since a stopped flow has handed their rows back are not acknowledged', async () => {
    const { units, settings, settle, look, acknowledged, handedBack, counts } = scene();
    for (const value of ['a', 'b']) units.begin(value).done();
    settle();
    settings.state = flowState.stopped;
    look();
    expect(acknowledged).toEqual([]);
    await units.handBackAll();
    expect({ acknowledged, handedBack }).toEqual({ acknowledged: [], handedBack: ['a', 'b'] });
    expect(counts).toEqual({ received: 2, handedBack: 2 });
  });

  it('have ended when their letters have, too, and once only', async () => {
    const { units, settle, look, acknowledged } = scene();
    const unit = units.begin('a');
    unit.refuse({ input: 'x', error: new Error('no row') });
    unit.done();
    settle();
    look();
    expect(acknowledged).toEqual([]);
    unit.letters--;
    units.endIfDue(unit);
    units.endIfDue(unit);
    await units.allEnded();
    expect(acknowledged).toEqual(['a']);
    expect(() => unit.refuse({ input: 'x', error: new Error('no row') })).toThrow(/after the unit was done/);
  });

  it('wait for rows since they began: of a schema that was added since, for all of them', () => {
    const { units, opened, from } = scene();
    const [first] = opened as [(typeof opened)[0]];
    first.producer.nextRow = 7;
    const unit = units.begin('a');
    // Its producers before this one had pushed 40 rows.
    opened.push({ producer: { ...first.producer, nextRow: 45 }, first: 40 });
    unit.done();
    expect(from).toEqual([7, 40]);
  });

  it('are at work from the second look on', async () => {
    const { units, worked } = scene();
    units.begin('a');
    await units.tick();
    units.begin('b');
    await units.tick();
    await units.tick();
    expect(worked).toEqual([['a'], ['a', 'b']]);
  });

  it('begin no more once the source has ended', async () => {
    const { units, handedBack } = scene();
    units.begin('a');
    await units.takeNoMore();
    expect(handedBack).toEqual(['a']);
    expect(() => units.begin('b')).toThrow(/is closed/);
  });
});
