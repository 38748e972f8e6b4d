/**
 * The bytes of texts, labels and bytes columns, as encoders read them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, defineSchema, type RawBytes, t } from '../../../dist/src/index.js';
import { decodeText, type TextMode, textMode } from '../../../dist/src/schema/codec/text-codec.js';

const Texts = defineSchema('texts', {
  text: t.string(),
  label: t.label(),
  maybe: t.string().optional(),
  document: t.json(),
  bytes: t.bytes().optional(),
});

const at = ({ bytes, starts, ends }: RawBytes, i: number) =>
  bytes.subarray(starts[i] as number, ends[i] as number);
const textAt = (raw: RawBytes & { mode: TextMode }, i: number) =>
  decodeText(raw.bytes, raw.starts[i] as number, raw.ends[i] as number, raw.mode);

const lone = '\ud83d';
const pair = '\ud83d\ude00';

describe('raw bytes', () => {
  it('are the values of every row', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('', '\0', lone, '\ude00', pair),
    );
    const row = fc.record({
      text: anyText,
      label: anyText,
      maybe: fc.option(anyText),
      document: fc.jsonValue() as fc.Arbitrary<never>,
      bytes: fc.option(fc.uint8Array()),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), (rows) => {
        const { columns } = batchOf(Texts, rows);
        rows.forEach((each, i) => {
          expect(textAt(columns.text.raw, i)).toBe(each.text);
          expect(textAt(columns.label.raw, columns.label.ids[i] as number)).toBe(each.label);
          if (each.maybe !== null) expect(textAt(columns.maybe.raw, i)).toBe(each.maybe);
          expect(textAt(columns.document.text.raw, i)).toBe(JSON.stringify(each.document));
          if (each.bytes !== null) expect([...at(columns.bytes.raw, i)]).toEqual([...each.bytes]);
        });
      }),
    );
  });

  it.each([
    ['ASCII', 'plain', textMode.ascii],
    ['UTF-8', 'naïve', textMode.utf8],
    ['WTF-8', lone, textMode.wtf8],
  ])('say when texts are %s', (_, text, mode) => {
    const row = { text, label: text, maybe: null, document: 1, bytes: null };
    const { columns } = batchOf(Texts, [row]);
    expect(columns.text.raw.mode).toBe(mode);
    expect(columns.label.raw.mode).toBe(mode);
  });

  it('of labels are no more than their texts', () => {
    const rows = ['GET', 'naïve'].map((label) => ({
      text: '',
      label,
      maybe: null,
      document: 1,
      bytes: null,
    }));
    const { label } = batchOf(Texts, rows).columns;
    expect(Buffer.from(label.raw.bytes).toString()).toBe('GETnaïve');
  });

  it('keep halves of a pair apart that end one label and begin the next', () => {
    const rows = [lone, '\ude00'].map((label) => ({
      text: '',
      label,
      maybe: null,
      document: 1,
      bytes: null,
    }));
    const { label } = batchOf(Texts, rows).columns;
    expect(label.raw.mode).toBe(textMode.wtf8);
    expect([0, 1].map((id) => textAt(label.raw, id))).toEqual([lone, '\ude00']);
  });
});
