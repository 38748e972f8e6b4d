/**
 * Sources that read what a function of the user's module makes: generators and streams.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBatchFlow, handler, type SourceRef } from '../../dist/src/index.js';
import { generator } from '../../dist/src/sources/generator/index.js';
import { readable } from '../../dist/src/sources/readable/index.js';
import { Event, Script } from '../fixtures/script.js';
import { until } from '../fixtures/until.js';

const ones = (count: number) => Array.from({ length: count }, () => 1);

async function flowFrom(source: SourceRef, settings: object = {}) {
  const sink = new Script(({ rows, store }) => store(rows));
  const letters = handler(new URL('../fixtures/sources/keeping-letters.mjs', import.meta.url), {
    words: sink.words,
  });
  const flow = await createBatchFlow({
    schema: Event,
    sink: sink.sink,
    source,
    deadLetters: letters,
    flushSize: 8,
    flushIntervalMs: 5,
    ...settings,
  });
  const errors: string[] = [];
  flow.on('sourceError', ({ message }) => errors.push(message));
  onTestFinished(async () => void (await flow.destroy().catch(() => {})));
  /** The inputs of all dead letters. */
  const lettersOf = () => {
    const bytes = Buffer.from(sink.words.buffer, 4 * 5000, Atomics.load(sink.words, 4999));
    return [...bytes.toString().matchAll(/.+/g)].map(([row]) => JSON.parse(row).text);
  };
  return { flow, sink, errors, lettersOf };
}

const generated = (kind: string, options: object = {}) => {
  const module = new URL('../fixtures/sources/counting-generator.mjs', import.meta.url);
  return generator({ module, options: { kind, count: 100, ...options } });
};
const streamed = (kind: string, options: object = {}) => {
  const module = new URL('../fixtures/sources/making-streams.mjs', import.meta.url);
  return readable({ module, options: { kind, count: 100 }, ...options });
};

it('a stream that is made too late is destroyed', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const module = new URL('../fixtures/sources/making-streams.mjs', import.meta.url);
  const { flow } = await flowFrom(readable({ module, options: { kind: 'late', words } }));
  await until(() => words[0] === 1, 'its beginning');
  await flow.close();
  expect(words[0]).toBe(2);
});

describe('a generator', () => {
  it.each(['plain', 'arrays'])('is delivered to its end (%s)', async (kind) => {
    const { flow, sink } = await flowFrom(generated(kind));
    expect(await flow.sourceEnded).toBe(true);
    expect(sink.stored(100)).toEqual(ones(100));
    expect(flow.stats().source).toMatchObject({ acknowledged: kind === 'plain' ? 100 : 25, handedBack: 0 });
  });

  it('that throws is begun again, and told what was acknowledged', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const { flow, sink, errors } = await flowFrom(generated('failing', { words }));
    expect(await flow.sourceEnded).toBe(true);
    expect(errors.map((each) => each.match(/failure \d/)?.[0])).toEqual(['failure 1', 'failure 2']);
    expect(Math.min(...sink.stored(100))).toBe(1);
    expect(words[0]).toBe(3);
    // It went on behind what had ended by then: a pause of 100 ms is longer than a flush.
    expect(flow.stats().source?.received).toBeLessThan(100 + 2 * 40);
  });

  it('yields what is no event: a dead letter, and others go on', async () => {
    const { flow, sink, lettersOf } = await flowFrom(generated('bad'));
    expect(await flow.sourceEnded).toBe(true);
    expect(sink.stored(2)).toEqual([1, 1]);
    expect(lettersOf()).toEqual(['{"i":"one","text":"bad"}', "{ i: 2n, text: 'bad' }", 'undefined']);
    expect(flow.stats().source).toMatchObject({ acknowledged: 5, refused: 3 });
  });
});

describe('a stream', () => {
  it.each(['objects', 'bytes'])('is delivered to its end (%s)', async (kind) => {
    const { flow, sink } = await flowFrom(streamed(kind));
    expect(await flow.sourceEnded).toBe(true);
    expect(sink.stored(100)).toEqual(ones(100));
  });

  it('of texts is read line by line, and a bad line becomes a dead letter', async () => {
    const { flow, sink, lettersOf } = await flowFrom(streamed('texts'));
    expect(await flow.sourceEnded).toBe(true);
    expect(sink.stored(3)).toEqual(ones(3));
    expect(lettersOf()).toEqual(['nonsense']);
  });

  it('that has no end does not hold up close()', async () => {
    const { flow, sink, errors } = await flowFrom(streamed('open'));
    await until(() => flow.stats().source?.acknowledged === 1, 'its first chunk');
    expect(await flow.close()).toMatchObject({ committed: 10, undelivered: 0 });
    expect(sink.stored(10)).toEqual(ones(10));
    expect(errors).toEqual([]);
  });

  it('that is none is an error of the source', async () => {
    const { flow, errors } = await flowFrom(streamed('none'));
    await until(() => errors.length > 0, 'the error');
    expect(errors[0]).toMatch(/returned no Readable/);
    await flow.close();
  });
});

it.each([generated, streamed])('a module that is not there fails the flow', async (make) => {
  const { options } = make('plain');
  const broken = { ...make('plain'), options: { ...(options as object), module: 'file:///nowhere.mjs' } };
  await expect(flowFrom(broken)).rejects.toThrow(/file:\/\/\/nowhere.mjs cannot be loaded/);
});
