/**
 * Events of 1 MiB by HTTP, with the service's default limits: as NDJSON and as JSON, whatever JSON makes of their
 * bytes.
 */
import { describe, expect, test } from 'vitest';
import { type Batch, createBatchFlow, defineSchema, t } from '../../dist/src/index.js';
import { createIngestService } from '../../dist/src/server/index.js';
import { answer, json, ndjson, onEnd } from '../fixtures/ingest.js';

const mebibyte = 2 ** 20;
const schema = defineSchema('documents', {
  n: t.uint32(),
  text: t.string().optional(),
  data: t.bytes().optional(),
  value: t.json().optional(),
});

/** A service whose flow keeps the rows in memory. */
async function serve() {
  const rows: unknown[] = [];
  const flow = await createBatchFlow({
    schema,
    onBatch: (batch: Batch<typeof schema>) => void rows.push(...batch.rows()),
  });
  const service = createIngestService({ flow, schema });
  const url = await service.listen({ host: '127.0.0.1', port: 0 });
  onEnd(async () => {
    await service.close();
    await flow.close({ timeoutMs: 5000 });
  });
  const post = (body: string, headers: Record<string, string>) =>
    answer(fetch(`${url}/v1/events?ack=committed`, { method: 'POST', body, headers }));
  return { rows, post };
}

/** Event number 1 as a client sends it, and as it is stored. */
const bytes = new Uint8Array(mebibyte).fill(0xa5);
const lists = Array(mebibyte / 2 - 8).fill(1);
const large: [name: string, line: string, row: object][] = [
  ['a text', `{"n":1,"text":"${'x'.repeat(mebibyte)}"}`, { text: 'x'.repeat(mebibyte) }],
  [
    'a text of escapes',
    `{"n":1,"text":"${'\\u0001'.repeat(mebibyte)}"}`,
    { text: '\u0001'.repeat(mebibyte) },
  ],
  ['bytes', `{"n":1,"data":"${Buffer.from(bytes).toString('base64')}"}`, { data: bytes }],
  ['JSON', `{"n":1,"value":${JSON.stringify(lists)}}`, { value: lists }],
];

describe.each([
  ['NDJSON', (events: string[]) => events.join('\n'), ndjson],
  ['a JSON array', (events: string[]) => `[${events.join(',')}]`, json],
])('an event of 1 MiB in %s', (_, bodyOf, headers) => {
  test.each(large)('is stored among small ones: %s', async (_, line, row) => {
    const { rows, post } = await serve();
    const body = bodyOf(['{"n":0}', line, '{"n":2}']);
    expect(await post(body, headers)).toEqual([200, { committed: 3 }]);
    const none = { text: null, data: null, value: null };
    expect(rows.map((each) => (each as { n: number }).n)).toEqual([0, 1, 2]);
    // Compared as texts, since a difference of a million elements is no message.
    const shown = (value: unknown) => JSON.stringify(value);
    expect(shown(rows[1]) === shown({ n: 1, ...none, ...row })).toBe(true);
  });
});

test('an event of more is refused alone, with the limit and the option that raises it', async () => {
  const { rows, post } = await serve();
  const line = (n: number, size: number) => JSON.stringify({ n, text: 'x'.repeat(size) });
  const [status, body] = await post([line(0, 1), line(1, 2 * mebibyte), line(2, 1)].join('\n'), ndjson);
  expect(status).toBe(400);
  expect(body).toMatchObject({
    committed: 2,
    rejected: [
      {
        line: 2,
        code: 'too_large',
        message: expect.stringMatching(/at most \d+ fit; raise blockTextBytes \(--block-text-bytes\)$/),
      },
    ],
  });
  expect(rows.length).toBe(2);
});

test('a line and a body of more bytes name the option that limits them', async () => {
  const { post } = await serve();
  const long = `{"n":1,"text":"${'x'.repeat(8 * mebibyte)}"}`;
  const [, body] = await post(long, ndjson);
  expect(body).toMatchObject({
    rejected: [{ message: expect.stringMatching(/8388608 bytes \(maxLineBytes\)/) }],
  });
  const [status, fault] = await post(long, json);
  expect([status, fault]).toMatchObject([
    413,
    { message: expect.stringMatching(/8388608 bytes \(bodyLimitBytes\)/) },
  ]);
});
