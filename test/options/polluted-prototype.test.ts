/**
 * A program, or an attacker, may add enumerable properties to `Object.prototype`. They are no options, and nothing of
 * what a file says.
 */
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createBatchFlow, defineSchema, t } from '../../dist/src/index.js';
import { check } from '../../dist/src/options/check.js';
import { integer, record, text } from '../../dist/src/options/rules.js';
import { EventShape } from '../../dist/src/server/event-shape.js';
import { schemaFromJson } from '../../dist/src/server/schema-file.js';
import { sqlite } from '../../dist/src/sinks/sqlite/index.js';

const Event = defineSchema('events', { i: t.int32() });
const added = { polluted: 1, timeoutMs: 'soon', since: 'x', flushSize: 'many', table: 7, columns: 'x' };

beforeEach(() => {
  for (const [name, value] of Object.entries(added))
    Object.defineProperty(Object.prototype, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
});
afterEach(() => {
  for (const name of Object.keys(added)) Reflect.deleteProperty(Object.prototype, name);
});

test('a flow, its waits and its end take none of them for an option', async () => {
  let rows = 0;
  const flow = await createBatchFlow({
    schema: Event,
    onBatch: (batch) => {
      rows += batch.length;
    },
  });
  onTestFinished(async () => void (await flow.destroy()));
  const producer = flow.producer();
  for (const options of [undefined, {}, { timeoutMs: 10_000 }]) {
    await flow.writable(options);
    await flow.write({ i: 1 }, options);
    await flow.send({ i: 2 }, options);
    await flow.committed(options);
    await flow.flush(options);
    await producer.write({ i: 3 }, options);
    await producer.committed(options);
  }
  flow.update({ flushIntervalMs: 5 });
  expect(await flow.close({})).toMatchObject({ committed: 9, undelivered: 0 });
  expect(rows).toBe(9);
  expect(await flow.close()).toMatchObject({ committed: 9 });
});

test('rules see what an object has of its own and of its class', () => {
  const rules = { table: text().default('none'), flushSize: integer(1, 9).default(5) };
  expect(check(rules, {})).toEqual({ table: 'none', flushSize: 5 });
  class Settings {
    get flushSize() {
      return 6;
    }
  }
  expect(check(rules, new Settings())).toEqual({ table: 'none', flushSize: 6 });
  expect(() => check(rules, { flushsize: 6 })).toThrow(/flushsize.*did you mean "flushSize"/);
  expect(() => check(rules, { polluted: 2 })).toThrow(/^polluted: /);
  const names = { names: record(text(), 'texts by name') };
  expect(check(names, { names: { a: 'b' } })).toEqual({ names: { a: 'b' } });
});

test('a sink, a schema file and a line of JSON have what they say', () => {
  expect(JSON.stringify(sqlite({ file: 'x.db' }).options)).not.toContain(':7');
  expect(() => schemaFromJson({ name: 'a' })).toThrow(/^"columns": got undefined/);
  expect(schemaFromJson({ name: 'a', columns: { i: 'int32' } }).columns).toEqual(Event.columns);
  expect(new EventShape(Event).mayFit({ i: 1 })).toBe(true);
  expect(new EventShape(Event).mayFit({ i: 1, polluted: 1 })).toBe(false);
});
