/**
 * The Redis sink under the suite for makers of sinks: entries of streams, read back by their texts.
 */
import { deserialize } from 'node:v8';
import { beforeAll, describe } from 'vitest';
import type { ColumnType, Schema } from '../../../dist/src/index.js';
import { redis } from '../../../dist/src/sinks/redis/index.js';
import type { ConformanceOptions } from '../../../dist/src/testing/index.js';
import { CutProxy } from '../../fixtures/cut-proxy.js';
import { noRedis, RedisServer } from '../../fixtures/redis-server.js';
import { runConformance } from '../../fixtures/run-conformance.js';
import { until } from '../../fixtures/until.js';

const number = (bytes: Buffer) => Number(bytes);
/** From what Redis holds to what a batch gives. */
const read: Record<ColumnType, (bytes: Buffer) => unknown> = {
  ...{ int8: number, int16: number, int32: number, uint8: number, uint16: number, uint32: number },
  ...{ float32: number, float64: number, timestamp: number },
  bool: (bytes) => bytes.toString() === '1',
  bigint64: (bytes) => BigInt(bytes.toString()),
  label: String,
  string: String,
  json: (bytes) => JSON.parse(bytes.toString()),
  bytes: (bytes) => new Uint8Array(bytes),
  any: (bytes) => deserialize(bytes),
};

describe.skipIf(noRedis)(`the Redis sink ${noRedis ?? ''}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always']);
  });

  /** A stream for each schema; a schema that no name stands for is refused. */
  const sinkFor = ({ name }: Schema, port: number) =>
    redis({
      url: server.url.replace(`:${server.port}`, `:${port}`),
      schemas: { [name]: { stream: name.replace(/[{}]/g, '$&$&'), timestamps: 'ms' } },
    });

  const options: ConformanceOptions = {
    sink: (schema) => sinkFor(schema, server.port),
    oneSchema: true,
    readBack: async ({ name, columns }) => {
      const entries = (await server.raw('XRANGE', name, '-', '+')) as [unknown, Buffer[]][];
      return entries.map(([, fields]) => {
        const row: Record<string, unknown> = {};
        for (let i = 0; i < fields.length; i += 2) {
          const column = String(fields[i]);
          const type = columns[column]?.type as ColumnType;
          row[column] = read[type](fields[i + 1] as Buffer);
        }
        return row;
      });
    },
    losses: {
      string: (text: string) => text.toWellFormed(),
      label: (text: string) => text.toWellFormed(),
    },
    ordered: true,
    breakTarget: async () => {
      await server.stop();
      return async () => {
        await server.run();
        // It accepts connections while it reads its file, and refuses commands until then.
        await until(() => server.raw('PING').then(Boolean, () => false), 'the end of loading');
      };
    },
  };

  runConformance(options);

  describe('behind a network that stalls', () => {
    let proxy: CutProxy;
    const { breakTarget, ...others } = options;
    runConformance({
      ...others,
      sink: async (schema) => {
        proxy = await CutProxy.to(server.port);
        return sinkFor(schema, proxy.port);
      },
      stallTarget: () => {
        proxy.stall();
        return () => proxy.resume();
      },
    });
  });
});
