/**
 * A client that repeats its requests at random, against a service that is killed and started again: each of its events
 * is in the table once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../dist/bench/harness/free-port.js';
import { Child } from '../fixtures/child.js';
import { Command, folder } from '../fixtures/command.js';
import { sql } from '../fixtures/letters.js';
import { until } from '../fixtures/until.js';

interface Counts {
  readonly [what: string]: number;
}

test('every event is stored once, through repeated, cut and unanswered requests, and 12 kills', async () => {
  const cwd = folder();
  const port = await freePort();
  const sent = join(cwd, 'sent');
  const table = join(cwd, 'events.db');
  writeFileSync(sent, '');
  const columns = { id: 'uint32', text: 'string', value: 'float64', tag: 'label' };
  writeFileSync(join(cwd, 'schema.json'), JSON.stringify({ name: 'events', columns }));
  const options = [
    ...['--port', String(port), '--sink', 'sqlite:events.db', '--schema', 'schema.json'],
    // A small ring, so that some requests end in the middle.
    ...[
      '--identity-column',
      'event_id',
      '--flush-interval-ms',
      '5',
      '--flush-size',
      '50',
      '--buffer-size',
      '400',
    ],
  ];
  const serve = async () => {
    const service = new Command(['serve', ...options], cwd);
    await service.url();
    return service;
  };
  const bodies = () => readFileSync(sent, 'utf8').split('\n').length - 1;
  let service = await serve();
  const client = new Child('repeat-client.mjs', [`http://127.0.0.1:${port}`, sent, 1_000_000]);
  for (let kill = 0; kill < 12; kill++) {
    const more = bodies() + 1 + Math.floor(Math.random() * 30);
    await until(() => bodies() >= more, 'more bodies');
    service.kill('SIGKILL');
    expect(await service.exit).toBe('SIGKILL');
    service = await serve();
  }
  client.tell({});
  const counts = await client.says<Counts>();
  service.kill('SIGTERM');
  expect(await service.exit).toBe(0);
  const ids = readFileSync(sent, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [first, count] = line.split(' ').map(Number) as [number, number];
      return Array.from({ length: count }, (_, i) => first + i);
    });
  const stored = sql(table, 'SELECT id FROM events').flat() as number[];
  expect(stored.length).toBe(ids.length);
  expect(new Set(stored)).toEqual(new Set(ids));
  // Otherwise it would show nothing.
  for (const what of ['again', 'cut', 'broken', 'duplicates']) expect(counts[what], what).toBeGreaterThan(0);
  console.log(`12 kills, ${stored.length} events once: ${JSON.stringify(counts)}`);
}, 180_000);
