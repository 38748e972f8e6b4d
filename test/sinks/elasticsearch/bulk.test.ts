/**
 * Bulk requests of the Elasticsearch sink: their lines, and what each answer means for each row, on a double.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { batchOf, defineSchema, type EventOf, t } from '../../../dist/src/index.js';
import { BulkBodies } from '../../../dist/src/sinks/elasticsearch/bulk-body.js';
import { type ElasticsearchOptions, elasticsearch } from '../../../dist/src/sinks/elasticsearch/index.js';
import { settingsOf } from '../../../dist/src/sinks/elasticsearch/options.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { ElasticsearchDouble, failure } from '../../fixtures/elasticsearch-double.js';

const Event = defineSchema('events', {
  '@timestamp': t.timestamp(),
  n: t.int32(),
  text: t.string().optional(),
  tenant: t.label(),
});
type Events = EventOf<typeof Event>;
const day = Date.UTC(2026, 1, 3);
const event = (n: number, more: Partial<Events> = {}): Events => ({
  '@timestamp': day + n,
  n,
  text: `row "${n}"`,
  tenant: 'a',
  ...more,
});
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));

let server: ElasticsearchDouble;
beforeEach(async () => {
  server = await ElasticsearchDouble.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});
const open = (options: Partial<ElasticsearchOptions> = {}) =>
  directSink(elasticsearch({ url: server.url, ...options }), Event);

describe('a body', () => {
  const linesOf = (options: Partial<ElasticsearchOptions>, rows: Events[]) => {
    const bodies = new BulkBodies(Event, settingsOf({ url: 'http://x:9200', ...options }));
    const batch = batchOf(Event, rows);
    return { batch, lines: Buffer.from(bodies.of(batch).bytes).toString().split('\n') };
  };

  it('has a line for each action with the identity of its row, and one for its document', () => {
    const { batch, lines } = linesOf({}, [event(1), event(2, { text: null })]);
    expect(lines).toEqual([
      `{"create":{"_id":"${batch.identity(0)}"}}`,
      '{"@timestamp":"2026-02-03T00:00:00.001Z","n":1,"text":"row \\"1\\"","tenant":"a"}',
      `{"create":{"_id":"${batch.identity(1)}"}}`,
      '{"@timestamp":"2026-02-03T00:00:00.002Z","n":2,"tenant":"a"}',
      '',
    ]);
  });

  it('writes identities as batch.identity has them', () => {
    const bytes = Uint8Array.from({ length: 25 * 300 }, (_, i) => (i * 31 + (i >> 3)) & 255);
    const batch = batchOf(Event, events(300), bytes);
    const bodies = new BulkBodies(Event, settingsOf({ url: 'http://x:9200' }));
    const lines = Buffer.from(bodies.of(batch).bytes).toString().split('\n');
    for (let i = 0; i < 300; i++) expect(lines[2 * i]).toBe(`{"create":{"_id":"${batch.identity(i)}"}}`);
  });

  it.each<[Partial<ElasticsearchOptions>, string]>([
    [{ id: 'server', op: 'index' }, '{"index":{}}'],
    [{ op: 'index', id: { column: 'n' } }, '{"index":{"_id":"7"}}'],
    [{ op: 'index', id: { column: 'tenant' }, routingColumn: 'n' }, '{"index":{"_id":"a","routing":"7"}}'],
    [{ op: 'update', id: { column: 'n' } }, '{"update":{"_id":"7","retry_on_conflict":3}}'],
    [{ index: 'e-{yyyy.MM.dd}', id: 'server' }, '{"create":{"_index":"e-2026.02.03"}}'],
    [{ index: 'e-{yyyyMM}-{HH}', id: { column: 'n' } }, '{"create":{"_index":"e-202602-00","_id":"7"}}'],
  ])('by %j begins with %s', (options, line) => {
    expect(linesOf(options, [event(7)]).lines[0]).toBe(line);
  });

  it('puts each row in the index of its time', () => {
    const rows = [-1, 0, 86_399_999, 86_400_000].map((ms) => event(1, { '@timestamp': day + ms }));
    const { lines } = linesOf({ index: 'e-{dd}', id: 'server' }, rows);
    const names = lines.filter((_, i) => i % 2 === 0 && i < 8).map((line) => JSON.parse(line).create._index);
    expect(names).toEqual(['e-02', 'e-03', 'e-03', 'e-04']);
  });
});

describe('a request', () => {
  it('goes to the index, with the pipeline and the refresh of the options', async () => {
    const sink = await open({ index: 'größe', pipeline: 'clean', refresh: 'wait_for', apiKey: 'a2V5' });
    await sink.write(events(3));
    const [{ path, query, headers }] = server.requests as never as [
      { path: string; query: URLSearchParams; headers: object },
    ];
    expect(decodeURIComponent(path)).toBe('/größe/_bulk');
    expect(Object.fromEntries(query)).toEqual({
      filter_path: 'errors,items.*.status,items.*.error.type,items.*.error.reason',
      pipeline: 'clean',
      refresh: 'wait_for',
    });
    expect(headers).toMatchObject({ authorization: 'ApiKey a2V5', 'content-type': 'application/x-ndjson' });
    expect(server.sources('größe').map(({ n }) => n)).toEqual([0, 1, 2]);
  });

  it('takes its key from the environment', async () => {
    vi.stubEnv('ES_KEY', 'secret-key');
    const sink = await open({ apiKeyEnv: 'ES_KEY' });
    await sink.write(events(1));
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'ApiKey secret-key' });
  });

  it('changes documents, or stores them, by update', async () => {
    const sink = await open({ op: 'update', id: { column: 'n' } });
    await sink.write([event(1, { text: 'old' })]);
    await sink.write([event(1, { text: null, tenant: 'b' })]);
    expect(server.sources('events')).toEqual([
      { '@timestamp': '2026-02-03T00:00:00.001Z', n: 1, text: 'old', tenant: 'b' },
    ]);
  });

  it('creates documents in a data stream', async () => {
    server.dataStreams.add('events');
    const sink = await open({ dataStream: true });
    expect(await sink.write(events(3))).toEqual({ failed: [], skipped: 0 });
  });
});

describe('an answer', () => {
  it('with version conflicts of create says which rows were there: they are skipped', async () => {
    const sink = await open();
    const batch = batchOf(Event, events(10));
    await sink.deliver(batch);
    expect(await sink.deliver(batch)).toEqual({ failed: [], skipped: 10 });
    expect(server.sources('events').length).toBe(10);
  });

  it.each<[number, string, string, string]>([
    [400, 'document_parsing_exception', 'fatal', 'value'],
    [400, 'illegal_argument_exception', 'fatal', 'value'],
    // The cluster has no room for the shards of a new index; or the index is closed.
    [400, 'validation_exception', 'retry', 'syntax'],
    [400, 'index_closed_exception', 'retry', 'syntax'],
    [429, 'es_rejected_execution_exception', 'retry', 'overload'],
    [429, 'cluster_block_exception', 'retry', 'io'],
    [403, 'cluster_block_exception', 'retry', 'io'],
    [503, 'unavailable_shards_exception', 'retry', 'connection'],
    [502, 'x', 'retry', 'connection'],
    [403, 'security_exception', 'retry', 'auth'],
    [404, 'index_not_found_exception', 'retry', 'syntax'],
  ])('with %i %s for a row is %s for that row alone: %s', async (status, type, verdict, reason) => {
    server.refuse = ({ n }) => (n === 2 ? failure(status, type, 'why') : undefined);
    const sink = await open();
    const result = await sink.write(events(5));
    expect(result).toMatchObject({
      failed: [
        { index: 2, error: { status, code: type, verdict, reason, message: expect.stringMatching(/why$/) } },
      ],
      skipped: 0,
    });
    const error = result?.failed[0]?.error as { retryAfterMs?: number } | undefined;
    const isConfiguration = ['auth', 'syntax'].includes(reason);
    expect(error?.retryAfterMs).toBe(isConfiguration ? 2000 : undefined);
    expect(server.sources('events').map(({ n }) => n)).toEqual([0, 1, 3, 4]);
  });

  it.each([
    [
      "[1:9] failed to parse field [n] of type [long] in document with id 'a.'b'. Preview of field's value: 'x'y'",
      '[1:9] failed to parse field [n] of type [long]',
    ],
    ["failed to parse field [n] in document with id 'secret'", 'failed to parse field [n]'],
    ['[secret]: version conflict, required seqNo [1]', 'a document: version conflict, required seqNo [1]'],
    ['\u001b[2J\nx', '\\u001b[2J x'],
  ])('shows neither values of rows nor control characters: %j', async (said, shown) => {
    server.refuse = () => failure(400, 'document_parsing_exception', said);
    const error = (await (await open()).write(events(1)))?.failed[0]?.error as Error;
    expect(error.message).toBe(`the document was answered with 400 document_parsing_exception: ${shown}`);
  });

  it('that refuses the request is shown by its type and reason', async () => {
    server.mostBytes = 10;
    const error = (await (await open()).write(events(2)).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toMatch(/answered with 413: too_large: the request is too large$/);
  });

  it('with a conflict of update is tried again', async () => {
    server.refuse = () => failure(409, 'version_conflict_engine_exception');
    const sink = await open({ op: 'update', id: { column: 'n' } });
    expect(await sink.write(events(1))).toMatchObject({ failed: [{ error: { verdict: 'retry' } }] });
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '<html>', /cannot be read/],
    ['an array', '[]', /it has no items for 5 documents/],
    ['null', 'null', /no object/],
    [
      'too few items',
      '{"errors":true,"items":[{"create":{"status":201}}]}',
      /it has 1 items for 5 documents/,
    ],
    [
      'items of another kind',
      `{"errors":true,"items":[${Array(5).fill('{"index":{}}')}]}`,
      /item 0 has no status/,
    ],
  ])('of nonsense (%s) is retried', async (_, body, message) => {
    server.answer = (response) => void response.writeHead(200).end(body);
    const sink = await open();
    await expect(sink.write(events(5))).rejects.toMatchObject({
      message: expect.stringMatching(message),
      verdict: 'retry',
      split: false,
    });
  });

  it('that is longer than is read halves the batch, unless all rows are stored', async () => {
    const sink = await open({ maxAnswerBytes: 1024 });
    expect(await sink.write(events(500))).toEqual({ failed: [], skipped: 0 });
    server.refuse = ({ n }) =>
      n === 501 ? failure(400, 'document_parsing_exception', 'x'.repeat(2000)) : undefined;
    await expect(sink.write([event(501), event(502)])).rejects.toMatchObject({ split: true });
  });

  it('of 413 halves the batch; a body that is too large is halved before it is sent', async () => {
    server.mostBytes = 300;
    const sink = await open();
    await expect(sink.write(events(20))).rejects.toMatchObject({ status: 413, split: true });
    const small = await open({ maxBodyBytes: 1024 });
    await expect(small.write(events(200))).rejects.toMatchObject({
      code: 'ERR_MESSAGE_TOO_LARGE',
      split: true,
    });
  });
});

describe('options', () => {
  it.each<[Partial<ElasticsearchOptions> & Record<string, unknown>, string]>([
    [{ index: 'Events' }, 'index'],
    [{ index: '_events' }, 'index'],
    [{ index: 'e-{week}' }, 'index'],
    [{ index: 'e{' }, 'index'],
    [{ op: 'update' }, 'id'],
    [{ dataStream: true, op: 'index' }, 'op'],
    [{ id: 'uuid' as never }, 'id'],
    [{ apiKey: 'a', apiKeyEnv: 'B' }, 'apiKeyEnv'],
    [{ apiKey: 'a', token: 'b' }, 'token'],
    [{ apiKeyEnv: 'a', tokenEnv: 'b' }, 'tokenEnv'],
    [{ apiKey: 'a', username: 'c' }, 'username'],
    [{ indexx: 'a' }, 'indexx'],
  ])('%j are refused for %s', (options, key) => {
    expect(() => elasticsearch({ url: 'http://x:9200', ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', key }),
    );
  });

  it.each<[Partial<ElasticsearchOptions>, RegExp]>([
    [{ id: { column: 'nothing' } }, /id.column needs a required column "nothing"/],
    [{ routingColumn: 'text' }, /routingColumn needs a required column "text"/],
    [{ index: 'e-{dd}', timeColumn: 'n' }, /timeColumn needs a required column "n" of the type timestamp/],
  ])('%j do not go with the schema', async (options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });

  it.each<[Record<string, ReturnType<typeof t.int32>>, string | undefined, RegExp]>([
    [{ _id: t.int32() }, undefined, /field "_id": the server keeps the name/],
    [{ n: t.int32() }, '_routing', /field "_routing": the server keeps/],
    [{ n: t.int32() }, 'n', /identityField: "n" is a column/],
    [{ 'a..b': t.int32() }, undefined, /field "a..b": a part of its path has no name/],
    [{ ' ': t.int32() }, undefined, /a part of its path/],
    [{ a: t.int32(), 'a.b.c': t.int32() }, undefined, /in an object "a", which is a column/],
  ])('go with names that a document can have: %j, %s', async (columns, identityField, message) => {
    const sink = directSink(
      elasticsearch({ url: server.url, ...(identityField !== undefined && { identityField }) }),
      defineSchema('named', columns),
    );
    await expect(sink).rejects.toThrow(message);
  });

  it('take paths of objects, and names that begin with an underscore', async () => {
    const Named = defineSchema('named', { 'a.b': t.int32(), 'a.c': t.int32(), _field: t.int32() });
    const sink = await directSink(elasticsearch({ url: server.url }), Named);
    const row = { 'a.b': 1, 'a.c': 2, _field: 3 };
    expect(await sink.write([row])).toMatchObject({ failed: [] });
    expect(server.sources('named')).toEqual([row]);
  });

  it('need a name of an index that can be one', async () => {
    const Named = defineSchema('My Events', { n: t.int32() });
    await expect(directSink(elasticsearch({ url: server.url }), Named)).rejects.toThrow(
      /"My Events" can name no index/,
    );
  });
});
