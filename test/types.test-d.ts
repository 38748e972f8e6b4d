/**
 * What the compiler infers and refuses: events and rows of schemas, columns of batches, flows.
 */
import { on, once } from 'node:events';
import { describe, expectTypeOf, it } from 'vitest';
import {
  type AnyColumn,
  attachProducer,
  type Batch,
  type BytesColumn,
  batchOf,
  type CloseReport,
  type ColumnsInput,
  type ColumnView,
  createBatchFlow,
  defineSchema,
  defineSink,
  type EventOf,
  type Flow,
  type FlowEnd,
  type FlowHandle,
  type FlushError,
  handler,
  type Json,
  type JsonColumn,
  type LabelColumn,
  type Producer,
  type RowOf,
  type TextColumn,
  t,
} from '../dist/src/index.js';
import { addHook, addReporter, type FlushInfo } from '../dist/src/metrics/index.js';

interface Point {
  x: number;
  y: number;
}

const Everything = defineSchema('everything', {
  bool: t.bool(),
  int8: t.int8(),
  int16: t.int16(),
  int32: t.int32(),
  uint8: t.uint8(),
  uint16: t.uint16(),
  uint32: t.uint32(),
  float32: t.float32(),
  float64: t.float64(),
  bigint64: t.bigint64(),
  timestamp: t.timestamp(),
  label: t.label(),
  string: t.string(),
  bytes: t.bytes(),
  json: t.json(),
  point: t.json<Point>(),
  any: t.any(),
  map: t.any<Map<string, number>>(),
});

const Optional = defineSchema('optional', {
  id: t.uint32(),
  bool: t.bool().optional(),
  int8: t.int8().optional(),
  float64: t.float64().optional(),
  bigint64: t.bigint64().optional(),
  timestamp: t.timestamp().optional(),
  label: t.label().optional(),
  string: t.string().optional(),
  bytes: t.bytes().optional(),
  json: t.json().optional(),
  point: t.json<Point>().optional(),
  map: t.any<Map<string, number>>().optional(),
});

const Request = defineSchema('requests', {
  path: t.label(),
  status: t.uint16(),
  note: t.string().optional(),
});
const Login = defineSchema('logins', { user: t.string() });
const sink = handler('./sink.js');

describe('EventOf', () => {
  it('is what a required column of each type takes', () => {
    expectTypeOf<EventOf<typeof Everything>>().toEqualTypeOf<{
      bool: boolean;
      int8: number;
      int16: number;
      int32: number;
      uint8: number;
      uint16: number;
      uint32: number;
      float32: number;
      float64: number;
      bigint64: bigint;
      timestamp: Date | number;
      label: string;
      string: string;
      bytes: Uint8Array;
      json: Json;
      point: Point;
      any: unknown;
      map: Map<string, number>;
    }>();
  });

  it('lets optional columns be missing, null or undefined', () => {
    expectTypeOf<EventOf<typeof Optional>>().toEqualTypeOf<{
      id: number;
      bool?: boolean | null | undefined;
      int8?: number | null | undefined;
      float64?: number | null | undefined;
      bigint64?: bigint | null | undefined;
      timestamp?: Date | number | null | undefined;
      label?: string | null | undefined;
      string?: string | null | undefined;
      bytes?: Uint8Array | null | undefined;
      json?: Json | undefined;
      point?: Point | null | undefined;
      map?: Map<string, number> | null | undefined;
    }>();
  });
});

describe('RowOf', () => {
  it('is what a batch gives back for a required column of each type', () => {
    expectTypeOf<RowOf<typeof Everything>>().toEqualTypeOf<{
      bool: boolean;
      int8: number;
      int16: number;
      int32: number;
      uint8: number;
      uint16: number;
      uint32: number;
      float32: number;
      float64: number;
      bigint64: bigint;
      timestamp: number;
      label: string;
      string: string;
      bytes: Uint8Array;
      json: Json;
      point: Point;
      any: unknown;
      map: Map<string, number>;
    }>();
  });

  it('has every optional column, as a value or null', () => {
    expectTypeOf<RowOf<typeof Optional>>().toEqualTypeOf<{
      id: number;
      bool: boolean | null;
      int8: number | null;
      float64: number | null;
      bigint64: bigint | null;
      timestamp: number | null;
      label: string | null;
      string: string | null;
      bytes: Uint8Array | null;
      json: Json | null;
      point: Point | null;
      map: Map<string, number> | null;
    }>();
  });
});

describe('a batch', () => {
  const batch = batchOf(Everything, []);
  const sparse = batchOf(Optional, []);

  it('has the plain typed array of each fixed-width column', () => {
    expectTypeOf(batch.columns.bool).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.int8).toEqualTypeOf<Int8Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.int16).toEqualTypeOf<Int16Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.int32).toEqualTypeOf<Int32Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.uint8).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.uint16).toEqualTypeOf<Uint16Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.uint32).toEqualTypeOf<Uint32Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.float32).toEqualTypeOf<Float32Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.float64).toEqualTypeOf<Float64Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.bigint64).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
    expectTypeOf(batch.columns.timestamp).toEqualTypeOf<Float64Array<ArrayBuffer>>();
    expectTypeOf(sparse.columns.int8).toEqualTypeOf<Int8Array<ArrayBuffer>>();
    expectTypeOf(sparse.validity.int8).toEqualTypeOf<Uint8Array | undefined>();
  });

  it('has an object with get() for each other column', () => {
    expectTypeOf(batch.columns.label).toEqualTypeOf<LabelColumn>();
    expectTypeOf(batch.columns.string).toEqualTypeOf<TextColumn>();
    expectTypeOf(batch.columns.bytes).toEqualTypeOf<BytesColumn>();
    expectTypeOf(batch.columns.point).toEqualTypeOf<JsonColumn<Point>>();
    expectTypeOf(batch.columns.map).toEqualTypeOf<AnyColumn<Map<string, number>>>();
    expectTypeOf(batch.columns.label.get(0)).toEqualTypeOf<string>();
    expectTypeOf(batch.columns.string.get(0)).toEqualTypeOf<string>();
    expectTypeOf(batch.columns.bytes.get(0)).toEqualTypeOf<Uint8Array>();
    expectTypeOf(batch.columns.point.get(0)).toEqualTypeOf<Point>();
    expectTypeOf(batch.columns.map.get(0)).toEqualTypeOf<Map<string, number>>();
    expectTypeOf(batch.columns.any.get(0)).toEqualTypeOf<unknown>();
  });

  it('may give null from an optional column only', () => {
    expectTypeOf(sparse.columns.label.get(0)).toEqualTypeOf<string | null>();
    expectTypeOf(sparse.columns.string.get(0)).toEqualTypeOf<string | null>();
    expectTypeOf(sparse.columns.bytes.get(0)).toEqualTypeOf<Uint8Array | null>();
    expectTypeOf(sparse.columns.point.get(0)).toEqualTypeOf<Point | null>();
    expectTypeOf(sparse.columns.map.get(0)).toEqualTypeOf<Map<string, number> | null>();
  });

  it('has Arrow’s arrays behind its columns', () => {
    expectTypeOf(batch.columns.label.ids).toEqualTypeOf<Int32Array>();
    expectTypeOf(batch.columns.label.dictionary).toEqualTypeOf<string[]>();
    expectTypeOf(batch.columns.string.offsets).toEqualTypeOf<Int32Array>();
    expectTypeOf(batch.columns.string.bytes).toEqualTypeOf<Uint8Array>();
  });

  it('gives typed rows, each way', () => {
    expectTypeOf(batch.row(0)).toEqualTypeOf<RowOf<typeof Everything>>();
    expectTypeOf(batch.rows()).toEqualTypeOf<RowOf<typeof Everything>[]>();
    expectTypeOf([...sparse]).toEqualTypeOf<RowOf<typeof Optional>[]>();
  });

  it('has the columns of its schema and no others', () => {
    // @ts-expect-error no such column
    batch.columns.nothing;
    // @ts-expect-error no such column
    batch.has('nothing', 0);
    // @ts-expect-error the columns are not to be replaced
    batch.columns.int8 = new Int8Array(1);
  });

  it('is made of events that fit', () => {
    batchOf(Login, [{ user: 'ada' }]);
    // @ts-expect-error a number is no text
    batchOf(Login, [{ user: 5 }]);
  });

  it('has a ColumnView that can be named', () => {
    expectTypeOf<ColumnView<(typeof Request)['columns']['status']>>().toEqualTypeOf<
      Uint16Array<ArrayBuffer>
    >();
  });
});

describe('a flow of one schema', () => {
  it('writes and sends events of the schema, and so does an attached producer', () => {
    (flow: Flow<typeof Request>, handle: FlowHandle) => {
      for (const target of [flow, flow.producer(), attachProducer(handle, Request)]) {
        expectTypeOf(target.write({ path: '/', status: 200 }, { timeoutMs: 5 })).toEqualTypeOf<
          Promise<void>
        >();
        expectTypeOf(target.send({ path: '/', status: 200 })).toEqualTypeOf<Promise<void>>();
        // @ts-expect-error status is missing
        target.write({ path: '/' });
        // @ts-expect-error a text is no number
        target.send({ path: '/', status: '200' });
        // @ts-expect-error no such option
        target.write({ path: '/', status: 200 }, { since: flow.position() });
      }
    };
  });

  it('takes events of the schema', () => {
    (flow: Flow<typeof Request>) => {
      flow.push({ path: '/', status: 200 });
      flow.push({ path: '/', status: 200, note: null });
      flow.push({ path: '/', status: 200, note: undefined });
      // @ts-expect-error status is missing
      flow.push({ path: '/' });
      // @ts-expect-error a text is no number
      flow.push({ path: '/', status: '200' });
      // @ts-expect-error null only where it is optional
      flow.push({ path: '/', status: null });
      // @ts-expect-error no such column
      flow.push({ path: '/', status: 200, satus: 200 });
      // @ts-expect-error a bigint is no number
      flow.push({ path: '/', status: 200n });
      // @ts-expect-error no event
      flow.push();
      flow.pushMany([{ path: '/', status: 200 }]);
      flow.pushMany(new Set([{ path: '/', status: 200 }]));
      // @ts-expect-error an event that does not fit
      flow.pushMany([{ path: '/' }]);
    };
  });

  it('takes columns of the schema, as arrays or typed arrays', () => {
    expectTypeOf<keyof ColumnsInput<typeof Request>>().toEqualTypeOf<'path' | 'status' | 'note'>();
    (flow: Flow<typeof Request>) => {
      flow.pushColumns({ path: ['/'], status: new Uint16Array([200]) }, 1);
      flow.pushColumns({ path: ['/'], status: [200], note: [null] }, 1);
      // @ts-expect-error status is missing
      flow.pushColumns({ path: ['/'] }, 1);
      // @ts-expect-error texts are no numbers
      flow.pushColumns({ path: ['/'], status: ['200'] }, 1);
    };
  });

  it('is inferred from its configuration', () => {
    () => {
      expectTypeOf(createBatchFlow({ schema: Request, sink })).resolves.toEqualTypeOf<Flow<typeof Request>>();
      createBatchFlow({
        schema: Request,
        onBatch: (batch) => expectTypeOf(batch).toEqualTypeOf<Batch<typeof Request>>(),
      });
    };
  });

  it('gives typed producers, here and on other threads', () => {
    (flow: Flow<typeof Request>, handle: FlowHandle) => {
      expectTypeOf(flow.producer()).toEqualTypeOf<Producer<typeof Request>>();
      expectTypeOf(flow.handle()).toEqualTypeOf<FlowHandle>();
      const attached = attachProducer(handle, Request);
      expectTypeOf(attached).toEqualTypeOf<Producer<typeof Request>>();
      // @ts-expect-error an event that does not fit
      attached.push({ path: 5, status: 200 });
      // @ts-expect-error not a schema of this flow
      flow.producer(Login);
    };
  });

  it('has one destination', () => {
    () => {
      // @ts-expect-error neither sink nor onBatch
      createBatchFlow({ schema: Request });
      // @ts-expect-error both
      createBatchFlow({ schema: Request, sink, onBatch: () => {} });
      // @ts-expect-error schema and schemas
      createBatchFlow({ schema: Request, schemas: [Login], sink });
    };
  });

  it('has settings of known names and kinds', () => {
    () => {
      createBatchFlow({ schema: Request, sink, flushMode: 'sync', onFull: 'drop-oldest', flushers: 2 });
      createBatchFlow({ schema: Request, sink, retry: false, circuit: false });
      createBatchFlow({ schema: Request, sink, execArgv: ['--import', 'tsx'], env: process.env });
      createBatchFlow({ schema: Request, sink, execArgv: ['--import'] as const, env: { A: 'b' } as const });
      // @ts-expect-error texts are wanted
      createBatchFlow({ schema: Request, sink, env: { A: 5 } });
      // @ts-expect-error a sink is named by its module
      createBatchFlow({ schema: Request, sink: { write() {} } });
      // @ts-expect-error true says nothing
      createBatchFlow({ schema: Request, sink, retry: true });
      // @ts-expect-error no such mode
      createBatchFlow({ schema: Request, sink, flushMode: 'batch' });
      // @ts-expect-error no such policy
      createBatchFlow({ schema: Request, sink, onFull: 'wait' });
      // @ts-expect-error no such setting
      createBatchFlow({ schema: Request, sink, flushsize: 10 });
      // @ts-expect-error a number is wanted
      createBatchFlow({ schema: Request, sink, flushSize: '10' });
    };
    (flow: Flow) => {
      flow.update({ flushSize: 10, flushIntervalMs: 5 });
      // @ts-expect-error not a live setting
      flow.update({ flushers: 2 });
    };
  });
});

describe('the events of a flow', () => {
  it('have names and arguments of their own', () => {
    (flow: Flow<typeof Request>) => {
      for (const method of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const) {
        flow[method]('flush', (info) => expectTypeOf(info).toEqualTypeOf<FlushInfo>());
        flow[method]('flushError', (error, kept) => {
          expectTypeOf(error).toEqualTypeOf<FlushError>();
          expectTypeOf(kept).toEqualTypeOf<boolean>();
        });
        expectTypeOf(flow[method]('close', () => {})).toEqualTypeOf<Flow<typeof Request>>();
        flow[method]('error', () => {});
        // @ts-expect-error no such event
        flow[method]('flsh', () => {});
      }
      flow.off('flush', () => {}).removeListener('flush', () => {});
      // @ts-expect-error no such event
      flow.off('flsh', () => {});
      // @ts-expect-error a close tells nothing
      flow.on('close', (info: FlushInfo) => info);
    };
  });

  it('are those of an emitter of Node', () => {
    expectTypeOf<Flow>().toExtend<NodeJS.EventEmitter>();
    (flow: Flow<typeof Request>) => {
      expectTypeOf(once(flow, 'close')).resolves.toBeArray();
      on(flow, 'flush');
    };
  });

  it('are followed by what is known of the end', () => {
    (end: Awaited<Flow['ended']>) => {
      expectTypeOf(end).toEqualTypeOf<FlowEnd>();
      expectTypeOf(end.how).toEqualTypeOf<'drained' | 'aborted' | 'failed'>();
      expectTypeOf(end.report).toEqualTypeOf<CloseReport>();
      if (end.how === 'failed') expectTypeOf(end.error).toEqualTypeOf<Error>();
      else expectTypeOf(end.error).toEqualTypeOf<undefined>();
    };
  });
});

describe('hooks and reporters', () => {
  it('may have some of their methods only', () => {
    (flow: Flow<typeof Request>) => {
      addHook(flow, { error: (error) => expectTypeOf(error).toEqualTypeOf<Error>() });
      addReporter(flow, { observeBatchSize: (rows) => expectTypeOf(rows).toEqualTypeOf<number>() });
      // @ts-expect-error no such method
      addHook(flow, { flushed() {} });
      // @ts-expect-error no such method
      addReporter(flow, { observeBatch() {} });
    };
  });
});

describe('a flow of several schemas', () => {
  it('has typed producers, one a schema', () => {
    async () => {
      const flow = await createBatchFlow({ schemas: [Request, Login], sink });
      expectTypeOf(flow.producer(Login)).toEqualTypeOf<Producer<typeof Login>>();
      flow.producer(Login).push({ user: 'ada' });
      flow.producer(Request).push({ path: '/', status: 200 });
      // @ts-expect-error of the other schema
      flow.producer(Login).push({ path: '/', status: 200 });
      // @ts-expect-error no schema of this flow
      flow.producer(Optional);
    };
  });

  it('hands over batches of either', () => {
    () => {
      createBatchFlow({
        schemas: [Request, Login],
        onBatch: (batch) => {
          expectTypeOf(batch.schema.name).toEqualTypeOf<string>();
          expectTypeOf(batch.row(0)).toEqualTypeOf<RowOf<typeof Request> | RowOf<typeof Login>>();
        },
      });
    };
  });
});

describe('a flow without a schema', () => {
  it('takes any value', () => {
    async () => {
      const flow = await createBatchFlow({ sink });
      flow.push({ anything: new Map() });
      flow.push(5);
      flow.push(null);
    };
  });

  it('takes values of a type that is given', () => {
    async () => {
      const flow = await createBatchFlow<Point>({
        onBatch: (batch) => expectTypeOf(batch.rows()).toEqualTypeOf<Point[]>(),
      });
      flow.push({ x: 1, y: 2 });
      // @ts-expect-error y is missing
      flow.push({ x: 1 });
    };
  });
});

describe('dedupe.by', () => {
  it('is a column of the schema, or a function of the row', () => {
    () => {
      createBatchFlow({ schema: Request, sink, dedupe: { by: 'path' } });
      createBatchFlow({ schema: Request, sink, dedupe: { by: 'note', keep: 'first' } });
      createBatchFlow({
        schema: Request,
        sink,
        dedupe: {
          by: (row) => {
            expectTypeOf(row).toEqualTypeOf<RowOf<typeof Request>>();
            return `${row.path} ${row.status}`;
          },
        },
      });
      createBatchFlow({ schema: Request, sink, dedupe: { by: ['path', 'note'], keep: 'merge' } });
      // @ts-expect-error no such column
      createBatchFlow({ schema: Request, sink, dedupe: { by: ['path', 'pth'] } });
      // @ts-expect-error no such column
      createBatchFlow({ schema: Request, sink, dedupe: { by: 'pth' } });
      // @ts-expect-error no such choice
      createBatchFlow({ schema: Request, sink, dedupe: { by: 'path', keep: 'newest' } });
      // @ts-expect-error no key
      createBatchFlow({ schema: Request, sink, dedupe: {} });
    };
  });

  it('is of each schema what its own rule says', () => {
    const Other = defineSchema('others', { id: t.int32() });
    () => {
      const schemas = [Request, Other];
      createBatchFlow({ schemas, sink, dedupe: { by: 'path', schemas: { others: { by: 'id' } } } });
      createBatchFlow({ schemas, sink, dedupe: { schemas: { others: { keep: 'first' }, requests: false } } });
      createBatchFlow({
        ...{ schemas, sink },
        dedupe: { schemas: { others: { by: (row: RowOf<typeof Other>) => row.id } } },
      });
      // @ts-expect-error no schema has this column
      createBatchFlow({ schemas, sink, dedupe: { schemas: { others: { by: 'idd' } } } });
    };
  });

  it('is a function of the value in a flow without a schema', () => {
    () => {
      createBatchFlow<Point>({ sink, dedupe: { by: (point) => point.x } });
      // @ts-expect-error no such member
      createBatchFlow<Point>({ sink, dedupe: { by: (point) => point.z } });
    };
  });
});

describe('defineSink', () => {
  it('types the options and lets a sink narrow its batches', () => {
    defineSink<{ file: string }>({
      open({ options }) {
        expectTypeOf(options).toEqualTypeOf<{ file: string }>();
      },
      write: (batch: Batch<typeof Request>, { attempt, signal }) => {
        expectTypeOf(batch.columns.status).toEqualTypeOf<Uint16Array<ArrayBuffer>>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      },
    });
    // @ts-expect-error a sink writes
    defineSink({ close: () => {} });
  });
});
