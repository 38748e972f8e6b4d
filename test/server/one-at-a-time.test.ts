/**
 * Large JSON bodies are taken one after the other: what `JSON.parse` makes of them is in memory once.
 */
import { expect, test } from 'vitest';
import { OneAtATime } from '../../dist/src/server/one-at-a-time.js';
import { answer, event, json, start } from '../fixtures/ingest.js';

test('work begins when the work before it has ended, well or not', async () => {
  const queue = new OneAtATime();
  const log: string[] = [];
  const work = (name: string, turns: number) => async () => {
    log.push(`${name} begins`);
    for (let n = 0; n < turns; n++) await new Promise(setImmediate);
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b');
    return name;
  };
  const results = await Promise.allSettled([
    queue.run(work('a', 5)),
    queue.run(work('b', 3)),
    queue.run(work('c', 0)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('the events of a large body stay together, however full the ring is', async () => {
  const { post, rows } = await start({ flushSize: 10, bufferSize: 40, publishEvery: 1, fullWaitMs: 60_000 });
  const bodies = Array.from({ length: 5 }, (_, n) => JSON.stringify(Array(500).fill(event(`/${n}`))));
  const answers = await Promise.all(bodies.map((body) => answer(post(body, json, '?ack=committed'))));
  expect(answers).toEqual(Array(5).fill([200, { committed: 500 }]));
  const paths = rows().map(({ path }) => path);
  const changes = paths.filter((path, i) => path !== paths[i - 1]);
  expect([paths.length, changes.length]).toEqual([2500, 5]);
});
