/**
 * Replies without their values, in whatever pieces they come; and what is no reply.
 */
import { describe, expect, it } from 'vitest';
import { type Reply, ReplyFormatError, ReplyReader } from '../../dist/src/redis/wire/replies.js';

/** What a reader makes of texts, each of which comes by itself. */
function repliesTo(...chunks: string[]): Reply[] {
  const replies: Reply[] = [];
  const reader = new ReplyReader((reply) => replies.push(reply));
  for (const chunk of chunks) reader.read(Buffer.from(chunk, 'latin1'));
  return replies;
}

const all =
  '+OK\r\n:12\r\n:-3\r\n$5\r\nab\r\nc\r\n$0\r\n\r\n$-1\r\n*0\r\n*-1\r\n-ERR no\r\n*2\r\n+a\r\n*1\r\n$1\r\nx\r\n+OK\r\n';
const told: Reply[] = [
  'done',
  'done',
  'done',
  'done',
  'done',
  'none',
  'done',
  'none',
  { error: 'ERR no' },
  'done',
  'done',
];

describe('replies', () => {
  it('should be read from one piece', () => {
    expect(repliesTo(all)).toEqual(told);
  });

  it('should be read from pieces of any size', () => {
    for (let size = 1; size < all.length; size++) {
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        all.slice(i * size, (i + 1) * size),
      );
      expect(repliesTo(...chunks), `${size} bytes`).toEqual(told);
    }
  });

  it('should tell of a value only when it has come whole', () => {
    expect(repliesTo('$3\r\nabc')).toEqual([]);
    expect(repliesTo('$3\r\nabc\r', '\n')).toEqual(['done']);
    expect(repliesTo('*2\r\n+a\r\n')).toEqual([]);
  });

  it.each([
    ['an unknown type', '?x\r\n'],
    ['a line without a carriage return', '+OK\n'],
    ['a number that is none', ':1x\r\n'],
    ['no number', '$\r\n'],
    ['a value that is longer than it says', '$3\r\nabcd\r\n'],
    ['a value that ends in something else', '$3\r\nabc\n\n'],
    ['a value beyond all bounds', '$1073741825\r\n'],
    ['a list beyond all bounds', '*1073741825\r\n'],
    ['a line beyond all bounds', `+${'x'.repeat(65_537)}`],
  ])('should be refused: %s', (_, text) => {
    expect(() => repliesTo(text)).toThrow(ReplyFormatError);
  });

  it('should be refused when a value ends in something else in the next piece', () => {
    expect(() => repliesTo('$3\r\nabc', 'xy')).toThrow(ReplyFormatError);
  });
});
