/**
 * The whole service is killed while clients hold acknowledgements; what was acknowledged is in the file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { freePort } from '../../dist/bench/harness/free-port.js';
import { Child } from '../fixtures/child.js';
import { Command, folder } from '../fixtures/command.js';
import { until } from '../fixtures/until.js';

const { contentOf } = (await import(String(new URL('../fixtures/ack-content.mjs', import.meta.url)))) as {
  contentOf(id: number): { id: number; text: string; value: number; tag: string };
};

async function setUp() {
  const cwd = folder();
  const port = await freePort();
  const columns = { id: 'uint32', text: 'string', value: 'float64', tag: 'label' };
  for (const name of ['sent', 'confirmed']) writeFileSync(join(cwd, name), '');
  writeFileSync(join(cwd, 'schema.json'), JSON.stringify({ name: 'events', columns }));
  const options = ['--port', String(port), '--sink', 'sqlite:events.db', '--schema', 'schema.json'];
  return {
    cwd,
    url: `http://127.0.0.1:${port}`,
    serve: () => new Command(['serve', ...options, '--flush-interval-ms', '5'], cwd),
    /** The ids that the client noted in one of its files, in parts as they were posted. */
    noted: (name: string) =>
      readFileSync(join(cwd, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ').map(Number) as [number, number]),
    stored: () => {
      const db = new Database(join(cwd, 'events.db'), { readonly: true });
      const rows = db.prepare('SELECT * FROM events').all() as { id: number }[];
      db.close();
      return rows;
    },
  };
}

/** Every row is whole, was sent, and is there once; @returns the ids. */
function check(rows: { id: number }[], sent: [number, number][]): Set<number> {
  const known = new Set(sent.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i)));
  const ids = new Set<number>();
  for (const row of rows) {
    expect(row).toEqual(contentOf(row.id));
    expect(known.has(row.id)).toBe(true);
    expect(ids.has(row.id)).toBe(false);
    ids.add(row.id);
  }
  return ids;
}

function missing(confirmed: [number, number][], ids: Set<number>): number[] {
  return confirmed.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, i) => first + i).filter((id) => !ids.has(id)),
  );
}

/** `BATCHFLOW_KILLS=20 npx vitest run http-kill` for more by hand. */
const kills = Number(process.env.BATCHFLOW_KILLS ?? 8);

test(
  'killed with SIGKILL again and again, it has every event that it said is committed',
  async () => {
    const { cwd, url, serve, noted, stored } = await setUp();
    let service = serve();
    await service.url();
    const client = new Child('ack-client.mjs', [url, cwd, '?ack=committed']);
    for (let kill = 0; kill < kills; kill++) {
      // At a random moment of its work: after a random number of answers, and some time that no answer marks.
      const answers = noted('confirmed').length + 1 + Math.floor(Math.random() * 40);
      await until(() => noted('confirmed').length >= answers, 'more answers');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      service.kill('SIGKILL');
      expect(await service.exit).toBe('SIGKILL');
      service = serve();
      await service.url();
    }
    client.tell({});
    await client.says();
    service.kill('SIGTERM');
    expect(await service.exit).toBe(0);
    const confirmed = noted('confirmed');
    const ids = check(stored(), noted('sent'));
    expect(missing(confirmed, ids)).toEqual([]);
    const events = confirmed.reduce((sum, [, count]) => sum + count, 0);
    console.log(
      `${kills} kills: ${confirmed.length} requests with ${events} events confirmed, ${ids.size} stored`,
    );
  },
  60_000 + 5000 * kills,
);

test('stopped with SIGTERM under full load, it has every event that it said is accepted', async () => {
  const { cwd, url, serve, noted, stored } = await setUp();
  const service = serve();
  await service.url();
  const client = new Child('ack-client.mjs', [url, cwd, '']);
  await until(() => noted('confirmed').length >= 50, 'load');
  service.kill('SIGTERM');
  expect(await service.exit).toBe(0);
  client.tell({});
  await client.says();
  expect(service.stdout).toMatch(/rows committed to events\.db\n$/);
  const ids = check(stored(), noted('sent'));
  expect(missing(noted('confirmed'), ids)).toEqual([]);
  // What was stored was confirmed, too: no client was left without its answer.
  expect(ids.size).toBe(noted('confirmed').reduce((sum, [, count]) => sum + count, 0));
}, 60_000);
