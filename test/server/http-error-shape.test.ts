/**
 * Every answer that is an error has one shape, whoever finds the error: a route, fastify, or Node's parser of HTTP.
 */
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { hostile, isPlain } from '../fixtures/hostile-text.js';
import { event, lines, onEnd, start } from '../fixtures/ingest.js';
import { until } from '../fixtures/until.js';

/** Send this text, and read all that comes until the other side ends, or until one whole answer is there. */
async function ask(port: number, text: string) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onEnd(() => socket.destroy());
  let answer = '';
  let ended = false;
  socket.on('data', (part: string) => {
    answer += part;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    ended = true;
  });
  socket.write(text);
  await until(() => ended || /\{.*\}/.test(answer), 'an answer');
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const type = /^content-type: (.*)$/im.exec(head)?.[1];
  const body: unknown = JSON.parse(/\{.*\}/s.exec(rest.join(''))?.[0] ?? '"no body"');
  return { status: Number(head.slice(9, 12)), type, body, head };
}

const host = 'host: localhost\r\n';
const ndjson = 'content-type: application/x-ndjson\r\n';
const chunked = 'transfer-encoding: chunked\r\n';
const post = (headers: string, body = '') => `POST /v1/events HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const get = (url: string, headers = host) => `GET ${url} HTTP/1.1\r\n${headers}\r\n`;

describe('a message', () => {
  const name = encodeURIComponent(hostile);

  test.each([
    ['an unknown key', '/v1/events', JSON.stringify({ [hostile]: 1 })],
    ['bad JSON', '/v1/events', '{"\u009b\u202e": \u202e'],
    ['an unknown ack', `/v1/events?ack=${name}`, '{}'],
    ['an unknown type', '/v1/events', '{}', 'a\u009b/b'],
    ['an unknown place', '/\u009b', '{}'],
  ])('of %s is plain text', async (_, path, body, type = 'application/json') => {
    const { port } = await start();
    const headers = `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    const asked = await ask(port, `POST ${path} HTTP/1.1\r\n${host}${headers}\r\n${body}`);
    const { message, rejected } = asked.body as { message?: string; rejected?: { message: string }[] };
    expect(asked.status).toBeGreaterThanOrEqual(400);
    expect(message ?? rejected?.[0]?.message).toMatch(isPlain);
  });
});

describe('an error', () => {
  test.each([
    ['an URL that cannot be decoded', get('/%zz'), 400, 'bad_url'],
    ['an URL that is none', get('http://['), 400, 'bad_url'],
    ['a part of an URL that is too long', get(`/live/${'a'.repeat(1000)}`), 414, 'url_too_long'],
    ['a place that is none', get('/nowhere'), 404, 'not_found'],
    ['another method', `PUT /v1/events HTTP/1.1\r\n${host}content-length: 0\r\n\r\n`, 404, 'not_found'],
    ['an odd method', `LINK /v1/events HTTP/1.1\r\n${host}\r\n`, 404, 'not_found'],
    ['a method that asks for a type', `QUERY /v1/events HTTP/1.1\r\n${host}\r\n`, 400, 'bad_request'],
    ['a file of the page that is none', get('/live/none.js'), 404, 'not_found'],
    ['no host', get('/healthz', ''), 400, 'bad_request'],
    ['another expectation', post(`expect: wonders\r\ncontent-length: 0\r\n`), 417, 'unknown_expectation'],
    ['headers that are too long', get('/', `${host}x: ${'a'.repeat(20_000)}\r\n`), 431, 'headers_too_large'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_http'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_http'],
    ['a length and chunks', post(`${ndjson}${chunked}content-length: 1\r\n`), 400, 'bad_http'],
    ['another transfer encoding', post(`${ndjson}transfer-encoding: gzip\r\n`), 400, 'bad_http'],
    ['no content type', post('content-length: 2\r\n', '{}'), 415, 'unsupported_type'],
    [
      'a content type that is none',
      post('content-type: none\r\ncontent-length: 2\r\n', '{}'),
      415,
      'unsupported_type',
    ],
    [
      'another content type',
      post('content-type: text/xml\r\ncontent-length: 2\r\n', '{}'),
      415,
      'unsupported_type',
    ],
    [
      'another encoding',
      post(`${ndjson}content-encoding: br\r\ncontent-length: 2\r\n`, '{}'),
      415,
      'unsupported_encoding',
    ],
  ])('has a code and a message: %s', async (_, text, status, code) => {
    const { port } = await start();
    const answer = await ask(port, text);
    expect(answer).toMatchObject({ status, type: 'application/json; charset=utf-8' });
    // Only of events that were sent it is said how many were taken.
    const accepted = status === 415 ? { accepted: 0 } : {};
    expect(answer.body).toEqual({ code, message: expect.stringMatching(/^.{5,300}$/), ...accepted });
    if (code === 'unsupported_type') expect(answer.head).toMatch(/^accept-post: .*x-ndjson/im);
  });

  test('in the midst of a body says what was taken, and where to go on', async () => {
    const { port, flow } = await start();
    const line = lines([event()]);
    const chunk = `${line.length.toString(16)}\r\n${line}\r\n`;
    const { status, body } = await ask(port, post(ndjson + chunked, `${chunk}${chunk}no number\r\n`));
    expect([status, body]).toEqual([
      400,
      { code: 'bad_http', message: expect.stringContaining('CHUNK'), accepted: 2, nextLine: 3 },
    ]);
    expect(flow.stats().accepted).toBe(2);
  });

  test('behind a request does not take its answer away', async () => {
    const { port, flow } = await start();
    const line = lines([event()]);
    const request = post(`${ndjson}content-length: ${line.length}\r\n`, line);
    const { status, body } = await ask(port, `${request}nonsense\r\n\r\n`);
    expect([status, body]).toEqual([202, { accepted: 1 }]);
    expect(flow.stats().accepted).toBe(1);
  });

  test('does not end the connection where the next request can be read', async () => {
    const { port } = await start();
    const { head } = await ask(port, get('/%zz'));
    expect(head).not.toMatch(/^connection: close/im);
  });
});
