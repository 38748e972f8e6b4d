/**
 * A message by what its delivery says of it, and messages in hand.
 */
import { describe, expect, it } from 'vitest';
import { InHand } from '../../../dist/src/sources/jetstream/in-hand.js';
import { identityIn, type Message, messageOf } from '../../../dist/src/sources/jetstream/message.js';

const subject = 'events.orders.0';
const data = new Uint8Array(1);
const received = (reply: string) => messageOf({ subject, reply, data });
const message = (sequence: number, deliveries = 1, stored = 1700000000123456789n) =>
  received(`$JS.ACK.EVENTS.worker.${deliveries}.${sequence}.9.${stored}.42`) as Message;

describe('a message', () => {
  it.each([
    '$JS.ACK.EVENTS.worker.3.17.9.1700000000123456789.42',
    '$JS.ACK.hub.AbCdEf.EVENTS.worker.3.17.9.1700000000123456789.42',
    '$JS.ACK._.AbCdEf.EVENTS.worker.3.17.9.1700000000123456789.42.x1y2',
  ])('is read from %s', (reply) => {
    expect(received(reply)).toMatchObject({
      ...{ subject, data, reply, stream: 'EVENTS', sequence: 17, deliveries: 3, pending: 42 },
      stored: '1700000000123456789',
    });
  });

  it.each(['', 'a.b', '$JS.ACK.EVENTS', '$JS.API.EVENTS.worker.3.17.9.1.2'])(
    'is not read from "%s"',
    (reply) => {
      expect(received(reply)).toBeUndefined();
    },
  );

  it('has one identity at each delivery, and none of another part, message, or stream made anew', () => {
    const hex = (of: Message, part: number | 'all') => Buffer.from(identityIn(of, part)).toString('hex');
    expect(hex(message(1, 1), 0)).toBe(hex(message(1, 2), 0));
    const all = [
      hex(message(1), 0),
      hex(message(1), 8),
      hex(message(1), 'all'),
      hex(message(2), 0),
      hex(message(1, 1, 1700000000123456790n), 0),
    ];
    expect(new Set(all).size).toBe(5);
  });
});

describe('messages in hand', () => {
  it('are the same when they come again before their end, and answer to the last delivery', () => {
    const inHand = new InHand();
    const first = message(1, 1);
    const again = message(1, 2);
    expect([inHand.add(first), inHand.add(message(2)), inHand.add(again)]).toEqual([true, true, false]);
    expect(inHand.take()).toBe(first);
    expect(first.reply).toBe(again.reply);
    expect(inHand.add(message(1, 3))).toBe(false);
    inHand.end([first]);
    expect(inHand.add(message(1, 4))).toBe(true);
    expect(inHand.takeAll().map(({ sequence }) => sequence)).toEqual([2, 1]);
  });

  it('are expected to have as many rows as the largest of late', () => {
    const inHand = new InHand();
    expect([inHand.hasSeenRows, inHand.rowsPerMessage]).toEqual([false, 1]);
    inHand.hadRows(100);
    expect(inHand.rowsPerMessage).toBe(100);
    inHand.hadRows(0);
    expect(inHand.rowsPerMessage).toBe(90);
    for (let i = 0; i < 200; i++) inHand.hadRows(0);
    expect(inHand.rowsPerMessage).toBe(1);
  });
});
