/**
 * Bodies of lines that are no events: they cost turns of the event loop in proportion, and hold up no other request.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { t } from '../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../dist/src/schema/columns/schema.js';
import { answer, event, json, lines, ndjson, sendPacked, start } from '../fixtures/ingest.js';

/** Counts turns of the event loop from now on. */
function countTurns() {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    counting = false;
    return turns;
  };
}

/** What a turn may read: some milliseconds of work. */
const mostLines = 3000;
const mostBytes = 512 * 1024;

/** Fifty million lines in 97 kB. */
const bomb = gzipSync(Buffer.alloc(100_000_000, 'x\n'), { level: 9 });

describe('between two turns of the event loop', () => {
  test.each([
    ['no JSON', 'x', ndjson],
    ['not the schema', '{"a":1}', ndjson],
    ['blank', '', ndjson],
    ['not UTF-8', '\xff', ndjson],
    ['too long', 'x'.repeat(41), ndjson],
    ['events', JSON.stringify({ n: 1 }), ndjson],
    ['no objects of a JSON array', '5', json],
  ])('no more lines are read than fit its share: lines that are %s', async (_, line, headers) => {
    const schema = defineSchema('small', { n: t.int8() });
    const { post } = await start({ schema, maxLineBytes: 40, onFull: 'drop-newest' });
    const count = line === '' ? 3_000_000 : 100_000;
    const all = Array(count).fill(line);
    const body = Buffer.from(headers === json ? `[${all.join(',')}]` : `${all.join('\n')}\n`, 'latin1');
    const turns = countTurns();
    const [status, answered] = await answer(post(body, headers));
    expect(turns()).toBeGreaterThanOrEqual(line === '' ? body.length / mostBytes : count / mostLines);
    if (line === '' || status === 202) expect(status).toBe(202);
    else expect(answered).toMatchObject({ accepted: 0, moreRejected: count - 100 });
  });
});

describe('many bad lines', () => {
  test('and good ones among them add up, and the good ones are in the file', async () => {
    const { post, rows } = await start({ maxRejected: 5 });
    const kinds = ['x', '{"at":1', '[]', '{}', JSON.stringify(event('/bad', { status: -1 })), ''];
    const body = Array.from({ length: 6000 }, (_, n) =>
      n % 7 === 0 ? JSON.stringify(event(`/${n}`)) : kinds[n % kinds.length],
    );
    const good = body.filter((line) => line?.includes('"path":"/') && !line.includes('/bad')).length;
    const blank = body.filter((line) => line === '').length;
    const [status, answered] = await answer(post(body.join('\n'), ndjson, '?ack=committed'));
    expect([status, answered]).toMatchObject([
      400,
      { accepted: good, committed: good, moreRejected: 6000 - good - blank - 5 },
    ]);
    expect(rows().map(({ path }) => path)).toEqual(body.flatMap((_, n) => (n % 7 === 0 ? [`/${n}`] : [])));
  });

  test('in few bytes hold up no other request', async () => {
    expect(bomb.length).toBeLessThan(100_000);
    const ingest = await start();
    const { url, post } = ingest;
    let answered = false;
    const bombs = Array.from({ length: 3 }, () => sendPacked(ingest, bomb));
    for (const req of bombs) {
      req.on('response', () => {
        answered = true;
      });
    }
    for (let n = 0; n < 20; n++) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect(await answer(post(lines([event()]), ndjson))).toEqual([202, { accepted: 1 }]);
    }
    expect(answered).toBe(false);
  });
});
