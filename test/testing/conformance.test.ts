/**
 * The suite for makers of sinks: a sink that keeps the contract passes, and each flaw is found by the check for it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from 'node:v8';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineSchema, handler, type Schema, t } from '../../dist/src/index.js';
import { type ConformanceOptions, conformance, memorySink } from '../../dist/src/testing/index.js';
import { runConformance } from '../fixtures/run-conformance.js';

/** A sink with a flaw, and all that the suite can be told of it. */
function flawedSink(file: string, flaw?: string): ConformanceOptions {
  const flag = (name: string) => () => {
    writeFileSync(`${file}.${name}`, '');
    return () => rmSync(`${file}.${name}`);
  };
  return {
    sink: handler(new URL('../fixtures/sinks/flawed-sink.mjs', import.meta.url), { file, flaw }),
    readBack: ({ name }: Schema) => {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
      const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
      return rows
        .filter(({ schema }) => schema === name)
        .map(({ row }) => Object.fromEntries(deserialize(Buffer.from(row, 'base64'))));
    },
    idempotent: 'identity',
    ordered: true,
    breakTarget: flag('down'),
    stallTarget: flag('stalled'),
    limitTarget: flag('limit'),
    badRow: (_, row) => ({ ...row, text: 'bad' }),
    timeLimitMs: flaw === undefined ? 10_000 : 1500,
  };
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-flawed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'rows');
}

describe('a sink that keeps the contract', () => {
  for (const { name } of conformance(flawedSink('')))
    it(name, async () => {
      const check = conformance(flawedSink(temporaryFile())).find((each) => each.name === name);
      await check?.run();
    });
});

it.each([
  ['forgets the last row', 'calls: open, prepare, write, close', /row 1002 is missing/],
  [
    'answers nonsense',
    'calls: open, prepare, write, close',
    /write returns nothing, or \{ failed, skipped \}/,
  ],
  ['no late schemas', 'calls: a schema that comes late', /prepare makes a sink ready.*Seen: unknown schema/],
  ['trims texts', 'values: string', /column "value" of row 1: ' ' became ''/],
  ['out of order', 'flow: rows keep their order in one flusher', /place \d+ has row/],
  ['stores twice', 'identity: rows that are delivered again', /row 0 is there 3 times/],
  ['counts wrong', 'identity: rows that are delivered again', /skipped is \d+/],
  [
    'fatal while down',
    'retry: a target that goes down and comes back',
    /became dead letters, reason fatal: down/,
  ],
  ['loses while down', 'retry: a target that goes down and comes back', /row \d+ is missing/],
  ['hangs in open while down', 'retry: opening while the target is down', /open did not end within/],
  ['always healthy', 'health: a target that goes down and comes back', /resolved while the target was down/],
  ['ignores its signal', 'abort: a write that the target does not answer', /still went on/],
  ['fails the batch for a bad row', 'bad rows: one that the target refuses', /100 rows became dead letters/],
  ['names another row', 'bad rows: one that the target refuses', /another row became the dead letter/],
  ['too large is fatal', 'splitting: a batch that is too large', /64 rows became dead letters/],
])('a sink that %s fails the check "%s"', async (flaw, name, message) => {
  const check = conformance(flawedSink(temporaryFile(), flaw)).find((each) => each.name === name);
  const failure = await check?.run().then(
    () => undefined,
    (error: Error) => error,
  );
  expect(failure?.message).toMatch(message);
  expect(failure).toMatchObject({ code: 'ERR_CONFORMANCE', section: expect.any(String) });
});

it('says where each part of the contract is described', () => {
  const page = readFileSync(new URL('../../docs/guide/sinks-of-your-own.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  const folder = new URL('../../src/testing/', import.meta.url);
  const files = ['checks/calls', 'checks/values', 'checks/deliveries', 'checks/failures'];
  const sections = files.flatMap((file) => {
    const text = readFileSync(new URL(`${file}.ts`, folder), 'utf8');
    return [...text.matchAll(/ section: '([a-z-]+)'/g)].map(([, section]) => section as string);
  });
  expect(sections.length).toBeGreaterThan(15);
  expect(sections.filter((section) => !headings.includes(section))).toEqual([]);
});

describe('the memory sink', () => {
  const memory = memorySink();
  runConformance({
    sink: memory.sink,
    readBack: (schema) => memory.rows(schema) as never,
    ordered: true,
  });
});

describe('a sink of which nothing else is known', () => {
  runConformance({ sink: memorySink().sink });
});

it('checks its options', () => {
  expect(() => conformance({} as never)).toThrow(/sink: got undefined/);
  expect(() => conformance({ sink: memorySink().sink, readback() {} } as never)).toThrow(
    /did you mean "readBack"/,
  );
  const schemas = [defineSchema('keyless', { flag: t.bool() })];
  expect(() => conformance({ sink: memorySink().sink, schemas })).toThrow(/a required column of int32/);
});
