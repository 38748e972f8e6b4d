/**
 * `batchflow` with Elasticsearch as its sink, on a double of the protocol: dead letters arrive once, by their identity.
 */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readAddress } from '../../dist/src/cli/sink-address.js';
import { placeOf, sinkFor, takerOf } from '../../dist/src/cli/sink-options.js';
import { batchOf, defineSchema, t } from '../../dist/src/index.js';
import { Command, folder } from '../fixtures/command.js';
import { ElasticsearchDouble } from '../fixtures/elasticsearch-double.js';
import { writeLetters } from '../fixtures/letters.js';

const Clicks = defineSchema('clicks', { id: t.int32() });

test('dead letters are replayed to an index, each once', async () => {
  const server = await ElasticsearchDouble.start();
  onTestFinished(() => server.stop());
  const cwd = folder();
  const file = join(cwd, 'letters.db');
  const batch = batchOf(Clicks, [{ id: 1 }, { id: 2 }]);
  await writeLetters(file, Clicks, [{ id: 1 }, { id: 2 }], {}, undefined, batch);
  const sink = `elasticsearch+${server.url}`;
  const args = [
    'dead-letters',
    'replay',
    '--file',
    file,
    '--sink',
    sink,
    '--sink-table',
    'clicks-1',
    '--schema',
    'clicks',
  ];
  const replay = new Command(args, cwd);
  expect(await replay.exit, replay.stderr).toBe(0);
  expect(server.sources('clicks-1')).toEqual([{ id: 1 }, { id: 2 }]);
  expect([...(server.indexes.get('clicks-1')?.keys() ?? [])]).toEqual([batch.identity(0), batch.identity(1)]);
});

test('an address names the place, and the index is that of the schema or of --sink-table', () => {
  const sink = readAddress('elasticsearch+https://elastic:secret@es.example:9200', '--sink');
  expect(placeOf({ sink })).toBe('elasticsearch://es.example:9200/');
  expect(takerOf(Clicks, { sink })).toBe('index "clicks"');
  const wishes = { schema: 'clicks', createTable: true, requireServer: false };
  expect(sinkFor({ sink, sinkTable: 'events-{yyyy}' }, wishes).options).toMatchObject({
    url: 'https://elastic:secret@es.example:9200/',
    index: 'events-{yyyy}',
  });
  expect(() => sinkFor({ sink, sinkTable: 'Events' }, wishes)).toThrow(/--sink-table: got "Events"/);
  expect(() => readAddress('elasticsearch+https://u:secret/a@host', '--sink')).toThrow(/got "\[hidden\]"/);
});
