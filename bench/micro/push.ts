/**
 * The cost of pushing for the producer's thread: by column type, and by the way of pushing.
 */
import { type ColumnType, defineSchema, type Schema, t } from '../../src/index.js';
import { drainedRing } from '../harness/drained-ring.js';
import { Request, requests } from '../harness/events.js';
import { type Case, measureCalls, type Suite } from './suite.js';

const rows = 1000;
const count = Array.from({ length: rows }, (_, i) => i);

/** A value of each type, for row `i`. */
const values: Record<ColumnType, (i: number) => unknown> = {
  bool: (i) => i % 2 === 0,
  int8: (i) => i % 100,
  int16: (i) => i,
  int32: (i) => i * 1000,
  uint8: (i) => i % 200,
  uint16: (i) => i,
  uint32: (i) => i * 4000,
  float32: (i) => i / 3,
  float64: (i) => i / 3,
  bigint64: (i) => BigInt(i),
  timestamp: (i) => 1_700_000_000_000 + i,
  label: (i) => `label ${i % 20}`,
  string: (i) => `request ${i} of user ${i % 97} is done`,
  bytes: (i) => new Uint8Array(32).fill(i),
  json: (i) => ({ id: i, tags: ['a', 'b'] }),
  any: (i) => ({ id: i, tags: ['a', 'b'] }),
};

function pushing(name: string, schema: Schema, events: readonly unknown[]): Case {
  const { producer, drain } = drainedRing(schema, rows);
  return {
    name,
    rows,
    call() {
      for (const event of events) if (!producer.push(event as never)) throw new Error('no room');
      drain();
    },
  };
}

export const pushByType: Suite = {
  name: 'push, one column',
  run: (name) =>
    measureCalls(name, [
      ...(Object.keys(t) as ColumnType[]).map((type) => {
        const schema = defineSchema('one', { value: { type, nullable: false } });
        return pushing(
          type,
          schema,
          count.map((i) => ({ value: values[type](i) })),
        );
      }),
      pushing(
        'string, not ASCII',
        defineSchema('one', { value: t.string() }),
        count.map((i) => ({ value: `requête ${i} de l’utilisateur ${i % 97}` })),
      ),
    ]),
};

export const pushByWay: Suite = {
  name: 'push, six fields',
  run: (name) => {
    const events = requests(rows);
    const many = drainedRing(Request, rows);
    const asColumns = drainedRing(Request, rows);
    const columns = {
      at: Float64Array.from(events, ({ at }) => Number(at)),
      method: events.map(({ method }) => method),
      path: events.map(({ path }) => path),
      status: Uint16Array.from(events, ({ status }) => status),
      durationMs: Float64Array.from(events, ({ durationMs }) => durationMs),
      message: events.map(({ message }) => message),
    };
    const whole = (accepted: number) => {
      if (accepted !== rows) throw new Error('no room');
    };
    return measureCalls(name, [
      pushing('push', Request, events),
      {
        name: 'pushMany',
        rows,
        call() {
          whole(many.producer.pushMany(events));
          many.drain();
        },
      },
      {
        name: 'pushColumns',
        rows,
        call() {
          whole(asColumns.producer.pushColumns(columns, rows));
          asColumns.drain();
        },
      },
    ]);
  },
};
