/**
 * The suite for makers of sources: sources that keep the contract pass, and each flaw is found by the check for it.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { handler } from '../../dist/src/index.js';
import { ndjson } from '../../dist/src/sources/ndjson/index.js';
import { type Outside, sourceConformance } from '../../dist/src/testing/index.js';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-outside-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file of lines whose position says how many are acknowledged. */
function fileOutside(): Outside {
  const file = join(temporaryFolder(), 'events.ndjson');
  writeFileSync(file, '');
  return {
    source: ndjson({ file, partBytes: 200 }),
    provide: (events) => appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join('')),
    provideBad: () => appendFileSync(file, 'no event\n'),
    acknowledged() {
      if (!existsSync(`${file}.position`)) return 0;
      const { position } = JSON.parse(readFileSync(`${file}.position`, 'utf8'));
      const delivered = readFileSync(file).subarray(0, position).toString();
      return delivered.split('\n').length - 1;
    },
  };
}

/** A queue in shared memory, and a source of it that may have a flaw. */
function queueOutside(flaw?: string): Outside {
  const words = new Int32Array(new SharedArrayBuffer(4 * 4096));
  let length = 0;
  return {
    source: handler(new URL('../fixtures/sources/queue-source.mjs', import.meta.url), { words, flaw }),
    provide(events) {
      // The suite's plain rows have their number, from which the source makes the rest.
      for (const { n } of events) words[16 + length++] = n as number;
      words[0] = length;
    },
    provideBad() {
      words[16 + length++] = -1;
      words[0] = length;
    },
    acknowledged: () =>
      [...words.subarray(2048, 2048 + length)].reduce((sum, word) => sum + (word > 0 ? 1 : 0), 0),
  };
}

const makers = { 'a file': fileOutside, 'a queue': () => queueOutside() };

describe.each(Object.entries(makers))('a source that keeps the contract: %s', (_, begin) => {
  for (const { name, run } of sourceConformance({ begin })) it(name, run);
});

it.each([
  ['acknowledges early', 'units: acknowledged once', /events are acknowledged while none is stored/],
  ['forgets the last', 'units: acknowledged once', /1 of 200 events are missing, first 199/],
  ['acknowledges nothing', 'units: acknowledged once', /0 of 200 events acknowledged, 0 units under way/],
  ['never done', 'units: acknowledged once', /\d+ units under way/],
  ['ignores a full ring', 'room: a ring that is full', /events are (missing|acknowledged)/],
  ['keeps what is handed back', 'hand back: a flow that stops', /of 100 events are missing/],
  ['ignores its signal', 'close: a flow that closes', /close\(\) took \d+ ms/],
  ['throws at bad input', 'refuse: an input that is no row', /of 40 events are missing|restarts of run/],
])('a source that %s fails the check "%s"', async (flaw, name, message) => {
  const checks = sourceConformance({ begin: () => queueOutside(flaw), timeLimitMs: 1500 });
  const failure = await checks
    .find((each) => each.name.startsWith(name))
    ?.run()
    .then(
      () => undefined,
      (error: Error) => error,
    );
  expect(failure?.message).toMatch(message);
  expect(failure).toMatchObject({ code: 'ERR_CONFORMANCE', section: expect.any(String) });
});

it('says where each part of the contract is described', () => {
  const page = readFileSync(new URL('../../docs/guide/sources-of-your-own.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  const text = readFileSync(new URL('../../src/testing/sources/checks.ts', import.meta.url), 'utf8');
  const sections = [...text.matchAll(/ section: '([a-z-]+)'/g)].map(([, section]) => section as string);
  expect(sections.length).toBeGreaterThan(4);
  expect(sections.filter((section) => !headings.includes(section))).toEqual([]);
});

it('checks its options', () => {
  expect(() => sourceConformance({} as never)).toThrow(/begin: got undefined/);
});
