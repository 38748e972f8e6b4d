/**
 * Lines of StatsD and DogStatsD become events, and what is none is counted by its reason; whatever comes, none is lost
 * from the counts and nothing throws.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LineRecorder } from '../../../dist/src/collector/statsd/line-recorder.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';

function read(text: string | Buffer, maxGauges = 100) {
  const recorder = new NotingRecorder();
  const lines = new LineRecorder(recorder, maxGauges);
  lines.read(Buffer.from(text as string));
  return { recorder, lines, events: recorder.events, counts: lines.counts };
}

/** The events of lines, as `counter name {"label":"value"} 1`. */
function eventsOf(text: string): string[] {
  return read(text).events.map((event) =>
    'labels' in event ? `${event.type} ${event.name} ${JSON.stringify(event.labels)} ${event.value}` : '',
  );
}

const rejectedOf = (text: string, maxGauges?: number) =>
  Object.entries(read(text, maxGauges).counts.rejected)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason} ${count}`);

const sumOf = (counts: object) =>
  Object.values(counts).reduce((sum: number, count: number) => sum + count, 0);

it.each([
  ['hits:1|c', ['counter hits {} 1']],
  ['hits:3|c|@0.1', ['counter hits {} 30']],
  ['hits:0.5|c', ['counter hits {} 0.5']],
  ['hits:1e3|c', ['counter hits {} 1000']],
  ['level:5|g', ['gauge level {} 5']],
  ['level:-5|g', ['gauge level {} -5']],
  ['level:5|g|@0.1', ['gauge level {} 5']],
  ['latency:320|ms', ['histogram latency_seconds {} 0.32']],
  ['latency_ms:320|ms', ['histogram latency_seconds {} 0.32']],
  ['a.latency.milliseconds:1000|ms', ['histogram a_latency_seconds {} 1']],
  ['latency_seconds:320|ms', ['histogram latency_seconds {} 0.32']],
  ['size:512|h', ['histogram size {} 512']],
  ['size:512|d', ['histogram size {} 512']],
  ['size:1:2:3|d', ['histogram size {} 1', 'histogram size {} 2', 'histogram size {} 3']],
  ['size:7|h|@0.5', ['histogram size {} 7', 'histogram size {} 7']],
  ['a.b-c/d e:1|c', ['counter a_b_c_d_e {} 1']],
  ['2xx:1|c', ['counter _2xx {} 1']],
  ['größe:1|c', ['counter gr__e {} 1']],
  ['hits:1|c|#env:prod,zone:a:1,canary', ['counter hits {"canary":"true","env":"prod","zone":"a:1"} 1']],
  ['hits:1|c|#env:a,env:b,,:x', ['counter hits {"env":"b"} 1']],
  ['hits:1|c|#', ['counter hits {} 1']],
  ['hits:1|c|#the.zone:ü,le:5,__name__:x', ['counter hits {"_name__":"x","le":"5","the_zone":"ü"} 1']],
  ['hits:1|c|#a:b|@0.5|c:abc123|T1656581400|e:it-false|card:none', ['counter hits {"a":"b"} 2']],
  ['a:1|c\nb:2|g\r\n\n\nc:3|h\n', ['counter a {} 1', 'gauge b {} 2', 'histogram c {} 3']],
])('reads %j', (text, events) => {
  expect(eventsOf(text)).toEqual(events);
});

it('changes gauges by what it has last seen, for each set of labels', () => {
  const lines = ['n:+5|g', 'n:-2|g', 'n:10|g', 'n:+1|g', 'n:+1|g|#b:1,a:2', 'n:+1|g|#a:2,b:1', 'n:1:+4|g'];
  expect(eventsOf(lines.join('\n'))).toEqual([
    ...['gauge n {} 5', 'gauge n {} 3', 'gauge n {} 10', 'gauge n {} 11'],
    ...['gauge n {"a":"2","b":"1"} 1', 'gauge n {"a":"2","b":"1"} 2', 'gauge n {} 5'],
  ]);
});

it('keeps no more gauges than it may: others can be set, and not changed', () => {
  const text = 'a:+1|g\nb:+1|g\nc:5|g\nc:+1|g\na:+1|g\nc:7|g';
  expect(rejectedOf(text, 2)).toEqual(['gauge_limit 1']);
  expect(read(text, 2).events.map((event) => 'value' in event && event.value)).toEqual([1, 1, 5, 2, 7]);
});

it('bounds the events of one line, however many sampled values it has', () => {
  const recordedOf = (values: number) => read(`a${':1'.repeat(values)}|h|@0.001`).counts.recorded;
  expect([1, 100, 1000, 30_000].map(recordedOf)).toEqual([100, 10_000, 10_000, 30_000]);
});

it('keeps little of gauges with long names and tags, and tells them apart', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const lines = new LineRecorder(Object.assign(new NotingRecorder(), { recordGauge: () => true }), 1000);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1000; i++) lines.read(Buffer.from(`g:+1|g|#a:${'x'.repeat(50_000)}${i}`));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(5e6);
  expect(lines.counts).toMatchObject({ accepted: 1000, recorded: 1000 });
  const tags = (i: number) => `|g|#a:${'x'.repeat(5000)}${i}`;
  const { events } = read(`g:1${tags(1)}\ng:5${tags(2)}\ng:+1${tags(1)}`);
  expect(events.map((event) => 'value' in event && event.value)).toEqual([1, 5, 2]);
});

it.each([
  ['', []],
  ['hits', ['name 1']],
  [':1|c', ['name 1']],
  ['hits:|c', ['value 1']],
  ['hits:x|c', ['value 1']],
  ['hits:1:|c', ['value 1']],
  ['hits:1,5|c', ['value 1']],
  ['hits:NaN|c', ['value 1']],
  ['hits:Infinity|g', ['value 1']],
  ['hits:1e999|g', ['value 1']],
  ['hits:0x10|c', ['value 1']],
  ['hits:--1|g', ['value 1']],
  ['hits:1.2.3|g', ['value 1']],
  ['hits: 1|c', ['value 1']],
  ['hits:1', ['type 1']],
  ['hits:1|', ['type 1']],
  ['hits:1|x', ['type 1']],
  ['hits:1|cc', ['type 1']],
  ['hits:1|c|@0', ['rate 1']],
  ['hits:1|c|@2', ['rate 1']],
  ['hits:1|c|@-0.5', ['rate 1']],
  ['hits:1|c|@', ['rate 1']],
  ['users:joe|s', ['set 1']],
  ['hits:-1|c', ['negative_counter 1']],
  ['hits:1:-1|c', ['negative_counter 1']],
])('refuses %j and counts why', (text, reasons) => {
  expect(rejectedOf(text)).toEqual(reasons);
  expect(read(text).events).toEqual([]);
});

it('ignores events and service checks', () => {
  const { counts, events } = read('_e{5,4}:title|text\n_sc|check|0\n_e{1,1}:a|b|#x');
  expect(events).toEqual([]);
  expect(counts).toMatchObject({ lines: 3, accepted: 0, ignored: { events: 2, serviceChecks: 1 } });
});

it('counts what the recorder does not take', () => {
  const { recorder, lines } = read('');
  recorder.answer = false;
  lines.read(Buffer.from('a:1|c'));
  recorder.answer = new Error('closed');
  lines.read(Buffer.from('a:1:2|c'));
  expect(lines.counts).toMatchObject({ datagrams: 3, bytes: 12, accepted: 2, recorded: 0, dropped: 3 });
});

it('bounds what one sampled line can cost', () => {
  expect(read('size:1|h|@0.000001').events).toHaveLength(100);
});

it('reads numbers as JavaScript does', () => {
  const texts = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(10 ** 9)).map(([a, b]) => `${a}.${b}`),
    fc.stringMatching(/^[+-]?\d{0,12}\.?\d{0,12}$/),
    fc.stringMatching(/^[+-]?[\d.eE+-]{0,12}$/),
  );
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const property = fc.property(texts, (text) => {
    // Without a sign it is set, and not changed.
    const { events } = read(`n:0:${text}|g`);
    const value = Number(text);
    const isTaken = isNumber.test(text) && Number.isFinite(value);
    expect(events.map((event) => 'value' in event && event.value)).toEqual(isTaken ? [value + 0] : []);
  });
  fc.assert(property, { numRuns: 2000 });
});

it('reads whatever lines a client makes', () => {
  const plain = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
  const line = fc.record({
    name: plain,
    type: fc.constantFrom('c', 'g', 'h', 'd'),
    values: fc.array(fc.integer({ min: 0, max: 10 ** 9 }), { minLength: 1, maxLength: 4 }),
    // Prometheus's own names are another test.
    tags: fc.dictionary(
      plain.map((name) => `t${name}`),
      fc.stringMatching(/^[a-z:ü]{0,6}$/),
      { maxKeys: 3 },
    ),
    more: fc.constantFrom('', '|c:x', '|T1', '|@1'),
  });
  const property = fc.property(fc.array(line, { maxLength: 8 }), (sent) => {
    const text = sent.map(({ name, type, values, tags, more }) => {
      const labels = Object.entries(tags).map(([key, value]) => `${key}:${value}`);
      return `${name}:${values.join(':')}|${type}|#${labels.join(',')}${more}`;
    });
    const expected = sent.flatMap(({ name, type, values, tags: labels }) => {
      const kind = { c: 'counter', g: 'gauge', h: 'histogram', d: 'histogram' }[type];
      const kept = type === 'g' ? values.slice(-1) : values;
      return kept.map((value) => ({ type: kind, name, labels: { ...labels }, value }));
    });
    expect(read(text.join('\n')).events).toEqual(expected);
  });
  fc.assert(property, { numRuns: 500 });
});

it('counts each line once, whatever bytes come, and throws never', () => {
  const pieces = fc.constantFrom(
    ...[
      'a',
      ':',
      '|',
      '1',
      '-',
      '+',
      '.',
      '@',
      '#',
      ',',
      'c',
      'g',
      'ms',
      's',
      'h',
      '\n',
      '\r',
      '_e{',
      '_sc|',
      'ü',
    ],
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(pieces, { maxLength: 80 }).map((texts) => Buffer.from(texts.join(''))),
  );
  const property = fc.property(bytes, (datagram) => {
    const { counts, events } = read(Buffer.from(datagram), 3);
    const { lines, accepted, ignored, rejected, recorded, dropped } = counts;
    const sent = Buffer.from(datagram)
      .toString('latin1')
      .split('\n')
      .map((line) => line.replace(/\r$/, ''));
    expect(lines).toBe(sent.filter((line) => line !== '').length);
    expect(accepted + sumOf(ignored) + sumOf(rejected)).toBe(lines);
    expect([recorded, dropped]).toEqual([events.length, 0]);
    for (const event of events) {
      if (!('labels' in event)) throw new Error('of no other type');
      expect(event.name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
      for (const label of Object.keys(event.labels ?? {}))
        expect(label).toMatch(/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/);
      expect(Number.isFinite(event.value)).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

it('forgets names and tags before they fill the memory', () => {
  const recorder = new NotingRecorder();
  const lines = new LineRecorder(recorder, 1);
  const names = Array.from({ length: 25_000 }, (_, i) => `n.${i}:1|c|#t:${i}`);
  for (let i = 0; i < names.length; i += 500) lines.read(Buffer.from(names.slice(i, i + 500).join('\n')));
  expect(recorder.events).toHaveLength(25_000);
  expect(recorder.events.at(-1)).toEqual({
    type: 'counter',
    name: 'n_24999',
    labels: { t: '24999' },
    value: 1,
  });
  expect(recorder.events[12_345]).toMatchObject({ name: 'n_12345', labels: { t: '12345' } });
});
