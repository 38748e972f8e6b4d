/**
 * How much work is done between two turns of the event loop, counted in turns, not in time.
 */
import { describe, expect, test } from 'vitest';
import { shareOfTurn, TurnShare } from '../../dist/src/server/turn-share.js';

const turn = () => new Promise(setImmediate);

/** Does so many pieces of work. */
async function work(turns: TurnShare, piece: number, pieces: number, done: (work: number) => void) {
  for (let n = 0; n < pieces; n++) {
    await turns.take(piece);
    done(piece);
  }
}

describe('a turn', () => {
  test('has one share for all together, whatever their number', async () => {
    for (const workers of [1, 3, 100]) {
      const turns = new TurnShare();
      const piece = Math.floor(shareOfTurn / 100);
      const pieces = Math.ceil(1000 / workers);
      const total = piece * workers * pieces;
      let done = 0;
      const add = (more: number) => {
        done += more;
      };
      const all = Array.from({ length: workers }, () => work(turns, piece, pieces, add));
      // The first share is of the turn that is under way.
      await turn();
      const perTurn: number[] = [];
      for (let last = done; done < total; last = done) {
        await turn();
        perTurn.push(done - last);
      }
      await Promise.all(all);
      expect(Math.max(...perTurn)).toBeLessThanOrEqual(shareOfTurn + piece);
      expect(perTurn.length).toBeGreaterThanOrEqual(8);
    }
  });

  test('is begun by those who wait, in their order', async () => {
    const turns = new TurnShare();
    const order: string[] = [];
    const ask = async (name: string) => {
      await turns.take(shareOfTurn);
      order.push(name);
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(ask));
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is not waited for while its share lasts', async () => {
    const turns = new TurnShare();
    expect(turns.take(shareOfTurn - 1)).toBeUndefined();
    // The last piece may be of any size.
    expect(turns.take(10 * shareOfTurn)).toBeUndefined();
    const waiting = turns.take(1);
    expect(waiting).toBeInstanceOf(Promise);
    await waiting;
    expect(turns.take(1)).toBeUndefined();
    // Work of an earlier turn is forgotten.
    await turn();
    await turn();
    expect(turns.take(shareOfTurn)).toBeUndefined();
  });
});
