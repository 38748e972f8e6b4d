/**
 * An InfluxDB whose disk is full or read-only: rows wait until it stores again, and each is there once.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defineSchema, t } from '../../../dist/src/index.js';
import { influx } from '../../../dist/src/sinks/influx/index.js';
import { directSink } from '../../fixtures/direct-sink.js';
import { errorOf } from '../../fixtures/error-of.js';
import { InfluxServer, noInflux } from '../../fixtures/influx-server.js';
import { NumberedFlow } from '../../fixtures/numbered-flow.js';
import { noDisk, SmallDisk } from '../../fixtures/small-disk.js';
import { until } from '../../fixtures/until.js';

const at = Date.UTC(2025, 0, 31, 12);
const Events = defineSchema('events', { at: t.timestamp(), host: t.label(), id: t.int32() });
const event = (id: number) => ({ at: at + id, host: `h${id % 3}`, id });
const why = noInflux ?? noDisk;

describe.skipIf(why)(`a disk of InfluxDB ${why ?? ''}`, () => {
  it.each([
    [
      'is full',
      'no space left on device',
      (disk: SmallDisk) => disk.fill(),
      (disk: SmallDisk) => disk.empty(),
    ],
    [
      'becomes read-only',
      'read-only file system',
      (disk: SmallDisk) => disk.fail(),
      (disk: SmallDisk) => disk.repair(),
    ],
  ])('that %s', async (_, message, spoil, mend) => {
    const disk = new SmallDisk(32);
    disk.mount();
    onTestFinished(() => disk.remove());
    const server = await InfluxServer.start({ dataFolder: disk.folder });
    // The disk is removed after it.
    onTestFinished(() => server.stop('SIGKILL'));
    const sink = influx({ url: server.url, database: 'test' });
    const flow = await NumberedFlow.into(sink, Events, event);
    await flow.push(1000);
    await until(() => flow.stats.committed === 1000, 'the first rows');
    spoil(disk);
    await flow.push(1000);
    const alone = await directSink(sink, Events);
    let error: Awaited<ReturnType<typeof errorOf>>;
    await until(async () => {
      error = await errorOf(alone.write([event(0)]));
      return error !== undefined;
    }, 'a write to fail');
    expect(error).toMatchObject({ status: 500, verdict: 'retry' });
    expect(error?.message).toContain(message);
    await until(() => flow.stats.retries > 2, 'retries');
    // InfluxDB 1 goes on failing until it starts again, however much room there is.
    await server.stop('SIGKILL');
    mend(disk);
    await server.run();
    await flow.push(1000);
    expect(await flow.close()).toEqual(flow.allCommitted);
    const ids = (await server.points('events')).map(({ id }) => id as number);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, id) => id));
  });
});
