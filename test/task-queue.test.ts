/**
 * The ring-buffer task queue: alone against a plain array, and inside a real piscina pool.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Piscina } from 'piscina';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, QueueFullError } from '../dist/src/errors.js';
import { RingTaskQueue } from '../dist/src/task-queue.js';

interface Task {
  id: number;
}

const tasks = Array.from({ length: 10 }, (_, id): Task => ({ id }));
const task = (id: number) => tasks[id] as Task;

/** Take everything out, as ids. */
function drain(queue: RingTaskQueue<Task>): number[] {
  const ids: number[] = [];
  for (let next = queue.shift(); next !== null; next = queue.shift()) ids.push(next.id);
  return ids;
}

describe('RingTaskQueue', () => {
  it.each([0, -1, 1.5, Number.NaN, 2 ** 24 + 1, Number.POSITIVE_INFINITY, '5', undefined])(
    'refuses a capacity of %s',
    (capacity) => {
      const make = () => new RingTaskQueue(capacity as number);
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(expect.objectContaining({ key: 'capacity', value: capacity }));
    },
  );

  it('gives tasks back in order, and null when empty', () => {
    const queue = new RingTaskQueue<Task>(3);
    expect(queue.shift()).toBeNull();
    for (let round = 0; round < 5; round++) {
      queue.push(task(1));
      queue.push(task(2));
      expect(queue.size).toBe(2);
      expect(drain(queue)).toEqual([1, 2]);
      expect(queue.size).toBe(0);
    }
  });

  it('overwrites nothing when full', () => {
    const queue = new RingTaskQueue<Task>(2);
    queue.push(task(1));
    queue.push(task(2));
    expect(() => queue.push(task(3))).toThrow(QueueFullError);
    expect(() => queue.unshift(task(3))).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_FULL', capacity: 2 }),
    );
    expect(drain(queue)).toEqual([1, 2]);
  });

  it('behaves as an array with a limit does, whatever is called', () => {
    const command = fc.tuple(
      fc.constantFrom('push', 'push', 'push', 'shift', 'unshift', 'remove'),
      fc.integer({ min: 0, max: 9 }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(command, { maxLength: 60 }),
        (capacity, commands) => {
          const queue = new RingTaskQueue<Task>(capacity);
          const model: Task[] = [];
          for (const [name, id] of commands) {
            if (name === 'shift') {
              expect(queue.shift()).toBe(model.shift() ?? null);
            } else if (name === 'remove') {
              queue.remove(task(id));
              if (model.includes(task(id))) model.splice(model.indexOf(task(id)), 1);
            } else if (!model.includes(task(id))) {
              if (model.length < capacity) {
                queue[name as 'push'](task(id));
                model[name as 'push'](task(id));
              } else {
                expect(() => queue[name as 'push'](task(id))).toThrow(QueueFullError);
              }
            }
            expect(queue.size).toBe(model.length);
          }
          expect(drain(queue)).toEqual(model.map(({ id }) => id));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('cancels what waits, each task once', () => {
    const cancelled: number[] = [];
    const queue = new RingTaskQueue<{ cancel(): void }>(4);
    for (const id of [1, 2, 3]) queue.push({ cancel: () => cancelled.push(id) });
    queue.cancel();
    queue.cancel();
    expect(cancelled).toEqual([1, 2, 3]);
    expect(queue.size).toBe(0);
  });

  it('cancels every task where some throw, and then tells what they threw', () => {
    const cancelled: number[] = [];
    const queue = new RingTaskQueue<{ cancel(): void }>(8);
    const add = (...failing: number[]) => {
      for (const id of [1, 2, 3]) {
        const error = new Error(`task ${id}`);
        queue.push({
          cancel() {
            cancelled.push(id);
            if (failing.includes(id)) throw error;
          },
        });
      }
    };
    add(2);
    expect(() => queue.cancel()).toThrow('task 2');
    expect(cancelled.splice(0)).toEqual([1, 2, 3]);
    add(1, 3);
    expect(() => queue.cancel()).toThrow(
      expect.objectContaining({ name: 'AggregateError', errors: [new Error('task 1'), new Error('task 3')] }),
    );
    expect(cancelled).toEqual([1, 2, 3]);
    expect(queue.size).toBe(0);
  });

  it('does not keep a task that was taken or removed alive', async () => {
    const queue = new RingTaskQueue<Task>(4);
    const references = [0, 1, 2].map((id) => {
      const waiting = { id };
      queue.push(waiting);
      if (id === 2) queue.remove(waiting);
      return new WeakRef(waiting);
    });
    drain(queue);
    await new Promise((resolve) => setTimeout(resolve));
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined, undefined]);
    expect(queue.capacity).toBe(4);
  });
});

describe('RingTaskQueue in piscina', () => {
  let pool: Piscina;
  let folder: string;
  let filename: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'task-queue-'));
    filename = join(folder, 'task.mjs');
    writeFileSync(
      filename,
      `export default ({ id, gate, log }) => {
         Atomics.wait(gate, 0, 0);
         log[Atomics.add(log, 0, 1) + 1] = id;
         return id;
       };`,
    );
  });
  afterEach(() => pool.destroy());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** One worker. A task waits for the gate, then notes its number in the log; `log[0]` counts. */
  function makePool(capacity: number, maxQueue: number) {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const log = new Int32Array(new SharedArrayBuffer(256));
    pool = new Piscina({
      filename,
      minThreads: 1,
      maxThreads: 1,
      maxQueue,
      stricterFIFO: true,
      taskQueue: new RingTaskQueue(capacity),
    });
    return {
      run: (id: number, signal?: AbortSignal) => pool.run({ id, gate, log }, signal ? { signal } : {}),
      open: () => {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
      },
      ran: () => [...log.subarray(1, 1 + (log[0] as number))],
    };
  }

  it('runs every task, in the order they came', async () => {
    const { run, open, ran } = makePool(40, 40);
    const ids = Array.from({ length: 30 }, (_, i) => i + 1);
    const results = ids.map((id) => run(id));
    open();
    expect(await Promise.all(results)).toEqual(ids);
    expect(ran()).toEqual(ids);
  });

  it('drops an aborted task and keeps the others in order', async () => {
    const { run, open, ran } = makePool(20, 20);
    const abort = new AbortController();
    const results = [run(1), run(2), run(3), run(4, abort.signal), run(5)];
    abort.abort();
    await expect(results[3]).rejects.toThrow(/abort/i);
    open();
    expect(await Promise.all(results.toSpliced(3, 1))).toEqual([1, 2, 3, 5]);
    expect(ran()).toEqual([1, 2, 3, 5]);
  });

  it('lets the pool reject past maxQueue when its capacity is larger', async () => {
    const { run, open } = makePool(5, 3);
    const results = Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((id) => run(id)));
    open();
    const reasons = (await results)
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason.message);
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons)).toEqual(new Set(['Task queue is at limit']));
  });

  it('throws QueueFullError from run() at its capacity; the tasks that wait all run', async () => {
    const { run, open, ran } = makePool(3, 100);
    // Three wait; a fourth may already stand with the worker.
    const results: Promise<unknown>[] = [];
    const fill = () => {
      while (results.length < 10) results.push(run(results.length + 1));
    };
    expect(fill).toThrow(QueueFullError);
    open();
    const ids = await Promise.all(results);
    expect([
      [1, 2, 3],
      [1, 2, 3, 4],
    ]).toContainEqual(ids);
    expect(ran()).toEqual(ids);
    expect(await run(5)).toBe(5);
  });
});
