/**
 * The generated code of some schemas, as a person reads it: all generators, compared as text. What changes here changes
 * what V8 runs for each event. `npx vitest run test/schema/write/golden.test.ts --update` writes the files anew.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventsCode } from '../../../dist/src/flow/producer/columns-input.js';
import { layOut } from '../../../dist/src/schema/block/block-layout.js';
import { plainReaderCode } from '../../../dist/src/schema/codec/plain-reader.js';
import { type Code, sourceText } from '../../../dist/src/schema/codegen/code.js';
import { t } from '../../../dist/src/schema/columns/columns.js';
import { anySchema, defineSchema, type Schema } from '../../../dist/src/schema/columns/schema.js';
import { rowsCode } from '../../../dist/src/schema/read/row-builder.js';
import { fromJsonCode } from '../../../dist/src/schema/write/from-json.js';
import { writerCode } from '../../../dist/src/schema/write/writer-code.js';

const numbers = defineSchema('numbers', {
  at: t.timestamp(),
  sensor: t.uint16(),
  offset: t.int32().optional(),
  value: t.float64(),
  rounded: t.float32().optional(),
  total: t.bigint64(),
  ok: t.bool(),
});
const webRequest = defineSchema('web requests', {
  at: t.timestamp(),
  method: t.label(),
  path: t.label(),
  status: t.uint16(),
  message: t.string(),
  userAgent: t.label().optional(),
  note: t.string().optional(),
});
const values = defineSchema('values', {
  id: t.uint32(),
  constructor: t.json(),
  raw: t.bytes().optional(),
  extra: t.any(),
  more: t.any().optional(),
});

type Named = [name: string, parameters: string, code: Code];

/** Each function that is compiled, under a name of its own. */
function golden(...functions: Named[]): string {
  return functions
    .map(([name, parameters, code]) => sourceText([`function ${name}(${parameters}) {`, code, '}']))
    .join('\n');
}

const writer = (schema: Schema): Named => ['writer', 'env', writerCode(layOut(schema, 100, 1000))];
const rows = (schema: Schema): Named => ['rows', 'columns, validity', rowsCode(schema)];
const fromJson = (schema: Schema): Named => ['fromJson', 'env', fromJsonCode(schema)];

test.each([
  [
    'numbers',
    golden(writer(numbers), rows(numbers), fromJson(numbers), [
      'events',
      'columns',
      // The column of booleans came as a Uint8Array.
      eventsCode(numbers, ['values', 'values', 'nothing', 'values', 'values', 'values', 'flags']),
    ]),
  ],
  ['web-request', golden(writer(webRequest), rows(webRequest), fromJson(webRequest))],
  ['values', golden(writer(values), rows(values), fromJson(values))],
  [
    'without-schema',
    golden(
      writer(anySchema('events')),
      rows(anySchema('events')),
      ['plainReader', 'floatOf', plainReaderCode(['id', '__proto__'], 'whole')],
      ['plainReaderWithin', 'floatOf', plainReaderCode(['id'], 'within')],
    ),
  ],
])('the code of %s', async (name, text) => {
  await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(`golden/${name}.js`, import.meta.url)));
});
