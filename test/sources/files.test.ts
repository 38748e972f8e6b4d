/**
 * The source that reads a file of JSON lines: what it reads, where it goes on, and what becomes of lines that are none.
 */
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ConfigError,
  createBatchFlow,
  defineSchema,
  type FlowSettings,
  type Schema,
  SourceError,
  t,
} from '../../dist/src/index.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';
import { type NdjsonOptions, ndjson } from '../../dist/src/sources/ndjson/index.js';
import { sql } from '../fixtures/letters.js';

const Request = defineSchema('requests', {
  at: t.timestamp(),
  path: t.string(),
  status: t.uint16(),
  big: t.bigint64().optional(),
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-ndjson-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file, and the database that it is to go into. */
function scene(text: string | Buffer) {
  const folder = temporaryFolder();
  const file = join(folder, 'requests.ndjson');
  const db = join(folder, 'requests.db');
  writeFileSync(file, text);
  const flow = (
    options: Partial<NdjsonOptions> = {},
    settings: FlowSettings = {},
    schema: Schema = Request,
  ) =>
    createBatchFlow({
      schema,
      sink: sqlite({ file: db, createTable: true, identityColumn: 'id' } as never),
      source: ndjson({ file, ...options }),
      identity: 'given',
      flushSize: 16,
      flushIntervalMs: 10,
      ...settings,
    });
  const deliver = async (options: Partial<NdjsonOptions> = {}, settings: FlowSettings = {}) => {
    const started = await flow(options, settings);
    const ended = await started.sourceEnded;
    const report = await started.close();
    return { ended, report, stats: started.stats() };
  };
  const rows = () => sql(db, 'SELECT path, status FROM requests ORDER BY path');
  const letters = () =>
    sql(join(folder, 'requests.dead-letters.db'), 'SELECT schema, reason, message, row FROM dead_letters');
  return { file, db, flow, deliver, rows, letters, position: `${file}.position` };
}

const line = (n: number) =>
  `{"at":"2026-01-31T12:00:00Z","path":"/${String(n).padStart(4, '0')}","status":${200 + (n % 3)}}\n`;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => line(from + n)).join('');
const rowsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => [
    `/${String(from + n).padStart(4, '0')}`,
    200 + ((from + n) % 3),
  ]);

describe('a file of JSON lines', () => {
  it.each([
    ['in one part', {}],
    ['in parts shorter than a line', { partBytes: 7 }],
    ['in parts of some lines', { partBytes: 300 }],
  ])('is delivered, each line once, %s', async (_, options) => {
    const { deliver, rows, position, file } = scene(lines(0, 300).trimEnd());
    const { ended, report, stats } = await deliver(options);
    expect(ended).toBe(true);
    expect(report).toMatchObject({ committed: 300, undelivered: 0 });
    expect(rows()).toEqual(rowsOf(0, 300));
    expect(JSON.parse(readFileSync(position, 'utf8'))).toMatchObject({ position: readFileSync(file).length });
    expect(stats.source).toMatchObject({ inFlight: 0, handedBack: 0, refused: 0 });
  });

  it('that grows is read on from where it was delivered', async () => {
    const { deliver, rows, file } = scene(lines(0, 50));
    await deliver();
    appendFileSync(file, lines(50, 80));
    expect((await deliver()).report).toMatchObject({ committed: 30 });
    expect((await deliver()).report).toMatchObject({ committed: 0 });
    expect(rows()).toEqual(rowsOf(0, 80));
  });

  it('is delivered again behind a position that is too low, and stored once by its identities', async () => {
    const { deliver, rows, position } = scene(lines(0, 60));
    await deliver();
    writeFileSync(position, JSON.stringify({ position: line(0).length * 20 }));
    const { stats } = await deliver();
    expect(stats).toMatchObject({ committed: 40, duplicatesAtTarget: 40 });
    expect(rows()).toEqual(rowsOf(0, 60));
  });

  it('has bad lines, which become dead letters, and others go on', async () => {
    const bad = Buffer.from([0x22, 0xff, 0x22, 0x0a]);
    const { deliver, rows, letters } = scene(
      Buffer.concat([
        Buffer.from(`${line(0)}{"at":1\n\n  \n`),
        bad,
        Buffer.from(`{"at":1,"path":"/x","status":70000}\n[1]\n${line(1)}`),
        Buffer.from(`{"path":"${'y'.repeat(600)}"}\n${line(2)}`),
      ]),
    );
    const { report, stats } = await deliver({ maxLineBytes: 500 });
    expect(report).toMatchObject({ committed: 3 });
    expect(rows()).toEqual(rowsOf(0, 3));
    expect(stats.source).toMatchObject({ refused: 5, inFlight: 0 });
    const found = letters().map(([schema, reason, message, row]) => {
      const { text, bytes, schema: meant } = JSON.parse(String(row));
      expect([schema, reason, meant]).toEqual(['refused_input', 'refused', 'requests']);
      return [String(message), text ?? Buffer.from(bytes, 'base64')];
    });
    expect(found.map(([, input]) => input)).toEqual([
      '{"at":1',
      bad.subarray(0, 3),
      '{"at":1,"path":"/x","status":70000}',
      '[1]',
      `{"path":"${'y'.repeat(491)}`,
    ]);
    expect(found.map(([message]) => message)).toEqual([
      expect.stringMatching(/JSON/),
      expect.stringMatching(/UTF-8/),
      expect.stringMatching(/status/),
      expect.stringMatching(/expected an object/),
      expect.stringMatching(/longer than 500 bytes/),
    ]);
  });

  it('keeps all digits of large numbers', async () => {
    const { deliver, db } = scene('{"at":0,"path":"/","status":1,"big":9007199254740993}\n');
    await deliver();
    expect(sql(db, 'SELECT CAST(big AS TEXT) FROM requests')).toEqual([['9007199254740993']]);
  });

  it('that is not there, or shorter than what was delivered of it, fails the flow', async () => {
    const { flow, file, position } = scene(lines(0, 5));
    await expect(flow({ file: `${file}.none` })).rejects.toThrow(/did not open.*ENOENT/s);
    writeFileSync(position, JSON.stringify({ position: 10_000 }));
    const shorter = flow();
    await expect(shorter).rejects.toBeInstanceOf(SourceError);
    await expect(shorter).rejects.toThrow(/of which 10000 were delivered: it is another file/);
    writeFileSync(position, 'not a position');
    await expect(flow()).rejects.toThrow(/holds no position of a file/);
  });

  it('whose place a longer one has taken is refused; its lines are other events', async () => {
    const { flow, deliver, file, position, db } = scene(lines(0, 5));
    await deliver();
    writeFileSync(`${file}.new`, lines(100, 110));
    renameSync(`${file}.new`, file);
    await expect(flow()).rejects.toThrow(/it is another file; remove/);
    rmSync(position);
    await deliver();
    expect(sql(db, 'SELECT count(*) FROM requests')).toEqual([[15]]);
  });

  it('has no position while nothing has ended', async () => {
    const { flow, position } = scene('');
    const started = await flow();
    expect(await started.sourceEnded).toBe(true);
    await started.close();
    expect(existsSync(position)).toBe(false);
  });

  it('of several schemas needs the name of one', async () => {
    const other = defineSchema('other', { n: t.int32() });
    const { file, db } = scene('{"n":1}\n');
    const flow = (schema?: string) =>
      createBatchFlow({
        schemas: [Request, other],
        sink: sqlite({ file: db }),
        source: ndjson({ file, ...(schema && { schema }) }),
      });
    await expect(flow()).rejects.toThrow(/one of the flow's schemas/);
    await expect(flow('nobody')).rejects.toThrow(/one of the flow's schemas/);
    const started = await flow('other');
    await started.sourceEnded;
    await started.close();
    expect(sql(db, 'SELECT n FROM other')).toEqual([[1]]);
  });

  it('refuses options that cannot work', () => {
    expect(() => ndjson({ file: '' })).toThrow(ConfigError);
    expect(() => ndjson({ file: 'a', partByte: 3 } as never)).toThrow(/partBytes/);
  });
});
