/**
 * The source of the guide to sources of one's own keeps the contract, in a program that has this package installed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { handler } from '../../dist/src/index.js';
import { sourceConformance } from '../../dist/src/testing/index.js';
import { install, programFolder } from '../package/installed-package.js';

const page = readFileSync(new URL('../../docs/guide/sources-of-your-own.md', import.meta.url), 'utf8');
const [, rest = ''] = page.split('<!-- source: ');
const example = /```js\n([\s\S]*?)```/.exec(rest)?.[1] ?? '';

/** A broker in a folder: a message is a file, until it is acknowledged. */
const broker = `
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export async function connect(topic) {
  const taken = new Set();
  return {
    async fetch(most) {
      const names = (await readdir(topic)).sort().filter((name) => !taken.has(name)).slice(0, most);
      if (names.length === 0) await setTimeout(5);
      return Promise.all(names.map(async (name) => {
        taken.add(name);
        return { name, lines: (await readFile(join(topic, name), 'utf8')).split('\\n') };
      }));
    },
    acknowledge: (messages) => Promise.all(messages.map(({ name }) => rm(join(topic, name)))),
    handBack(messages) {
      for (const { name } of messages) taken.delete(name);
    },
    close() {},
  };
}
`;

let topics = 0;

function outside(folder: string) {
  const topic = join(folder, `topic-${++topics}`);
  mkdirSync(topic);
  let provided = 0;
  let messages = 0;
  const add = (lines: readonly string[]) => {
    writeFileSync(join(topic, `${String(messages++).padStart(6, '0')}.json`), lines.join('\n'));
  };
  const linesOf = (name: string) => {
    try {
      return readFileSync(join(topic, name), 'utf8').split('\n');
    } catch {
      // Acknowledged since the look at the folder.
      return [];
    }
  };
  const linesLeft = () => readdirSync(topic).flatMap(linesOf).length;
  return {
    source: handler(pathToFileURL(join(folder, 'queue.js')), { topic }),
    provide(events: readonly object[]) {
      for (let from = 0; from < events.length; from += 4)
        add(events.slice(from, from + 4).map((event) => JSON.stringify(event)));
      provided += events.length;
    },
    provideBad: () => add(['no event']),
    acknowledged: () => provided - linesLeft(),
  };
}

it('the source of the guide passes the suite', async () => {
  const folder = programFolder();
  install(folder);
  writeFileSync(join(folder, 'queue.js'), example);
  writeFileSync(join(folder, 'broker.js'), broker);
  const checks = sourceConformance({ begin: () => outside(folder) });
  for (const { run } of checks) await run();
  expect(checks.length).toBeGreaterThan(4);
});
