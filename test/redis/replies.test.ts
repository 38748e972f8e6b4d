/**
 * Reading replies of Redis with their values: whatever the parts that they come in.
 */
import { describe, expect, it } from 'vitest';
import { ReplyReader } from '../../dist/src/redis/wire/replies.js';
import { ReplyValues } from '../../dist/src/redis/wire/reply-values.js';

const replies: [text: string, value: unknown][] = [
  ['+OK\r\n', 'OK'],
  [':-42\r\n', -42],
  ['$5\r\na\r\nbc\r\n', 'a\r\nbc'],
  ['$0\r\n\r\n', ''],
  ['$-1\r\n', null],
  ['*-1\r\n', null],
  ['*0\r\n', []],
  ['*2\r\n*0\r\n:1\r\n', [[], 1]],
  [
    '*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\nn\r\n$1\r\n7\r\n',
    [['s', [['1-0', ['n', '7']]]]],
  ],
  ['*3\r\n$3\r\n0-0\r\n*2\r\n$-1\r\n*-1\r\n*1\r\n-ERR no\r\n', ['0-0', [null, null], ['ERR no']]],
  ['-NOGROUP gone\r\n', { error: 'NOGROUP gone' }],
  ['$3\r\nend\r\n', 'end'],
];
const whole = Buffer.from(replies.map(([text]) => text).join(''));

function read(parts: readonly Buffer[]): unknown[] {
  const values = new ReplyValues();
  const found: unknown[] = [];
  const reader = new ReplyReader((reply) => {
    found.push(typeof reply === 'object' ? reply : texts(values.take()));
  }, values);
  for (const part of parts) reader.read(part);
  return found;
}

function texts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(texts);
  return Buffer.isBuffer(value) ? value.toString() : value;
}

describe('values of replies', () => {
  const expected = replies.map(([, value]) => value);

  it('in one part, and byte by byte', () => {
    expect(read([whole])).toEqual(expected);
    expect(read(Array.from(whole, (byte) => Buffer.of(byte)))).toEqual(expected);
  });

  it('cut anywhere', () => {
    for (let at = 1; at < whole.length; at++)
      expect(read([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
  });

  it('without a reader of values only their number is known', () => {
    const found: unknown[] = [];
    new ReplyReader((reply) => found.push(reply)).read(whole);
    expect(found).toHaveLength(replies.length);
    expect(found.filter((reply) => reply === 'none')).toHaveLength(2);
  });
});
