/**
 * Publishing lanes of messages, with a server that refuses one of them and goes on.
 */
import { describe, expect, it } from 'vitest';
import { publishAll, Verdicts } from '../../../dist/src/sinks/jetstream/publish.js';
import type { Message } from '../../../dist/src/sinks/jetstream/session.js';

/** Two lanes of three messages, of one row each: rows 0 to 2, and 3 to 5. */
const lanes = () => {
  const message = (row: number): Message => ({
    subject: 's',
    payload: new Uint8Array(0),
    id: `${row}`,
    rows: [row],
  });
  return [[0, 1, 2].map(message).values(), [3, 4, 5].map(message).values()].values();
};

/** Refuses row 1. @returns the rows that were sent, and what is said of those that failed. */
async function publish(isOrdered: boolean) {
  const sent: number[] = [];
  const verdicts = new Verdicts(6);
  const publisher = {
    isUsable: () => true,
    publish: async ({ rows }: Message) => {
      sent.push(...rows);
      if (rows[0] === 1) throw new Error('full');
      return { duplicate: rows[0] === 5 };
    },
  };
  await publishAll(publisher, lanes(), verdicts, 2, isOrdered, new AbortController().signal);
  return { sent: sent.sort((a, b) => a - b), result: verdicts.result() };
}

describe('after a refusal', () => {
  it('the rest of an ordered lane is not sent, and fails; other lanes go on', async () => {
    const { sent, result } = await publish(true);
    expect(sent).toEqual([0, 1, 3, 4, 5]);
    expect(result?.failed.map(({ index }) => index)).toEqual([1, 2]);
    expect(result?.skipped).toBe(1);
  });

  it('without an order all others are sent', async () => {
    const { sent, result } = await publish(false);
    expect(sent).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result?.failed.map(({ index }) => index)).toEqual([1]);
  });
});
