/**
 * The event stream of the live page, without a browser: what it sends, to whom, and that it holds up nobody.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { EventSource } from 'eventsource';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Samples, Start } from '../../../dist/src/live-page/wire.js';
import { LiveClient } from '../../../dist/src/server/live/live-client.js';
import { Sampler } from '../../../dist/src/server/live/sampler.js';
import { answer, event, lines, ndjson, start, startGated } from '../../fixtures/ingest.js';
import { until } from '../../fixtures/until.js';

/** What a stream has sent so far. */
function listen(url: string, headers: Record<string, string> = {}) {
  const source = new EventSource(`${url}/live/stream`, {
    fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }),
  });
  onTestFinished(() => source.close());
  const starts: Start[] = [];
  const batches: (Samples & { id: string })[] = [];
  const errors: (number | undefined)[] = [];
  source.addEventListener('start', ({ data }) => starts.push(JSON.parse(data)));
  source.addEventListener('samples', ({ data, lastEventId }) =>
    batches.push({ id: lastEventId, ...JSON.parse(data) }),
  );
  source.addEventListener('error', ({ code }) => errors.push(code));
  return { source, starts, batches, errors };
}

const numbers = ({ samples }: Samples) => samples.map(({ n }) => n);

describe('a stream', () => {
  test('sends what the service has kept, then each new sample once, and the totals of /stats', async () => {
    const { url, post, flow } = await start();
    const first = listen(url);
    await post(lines([event(), event(), event()]), ndjson, '?ack=committed');
    await until(() => first.batches.length >= 2, 'a second sample');
    const second = listen(url);
    await until(() => second.batches.length >= 2, 'history, and a sample');
    expect(second.starts).toMatchObject([{ flow: flow.name, run: first.starts[0]?.run, kept: 300 }]);
    const [history, next] = second.batches.map(numbers) as [number[], number[]];
    expect(history.length).toBeGreaterThanOrEqual(2);
    expect([...history, ...next]).toEqual(Array.from({ length: history.length + 1 }, (_, i) => i));

    const { stats } = (await (await fetch(`${url}/stats`)).json()) as { stats: object };
    const { errorsDropped, lastFlushAt, sinceLastFlushMs, ...counts } = stats as Record<string, unknown>;
    expect(second.batches.at(-1)?.totals).toMatchObject({ ...counts, accepted: 3, committed: 3 });
    const names = second.starts[0]?.names as string[];
    const rows = second.batches.flatMap(({ samples }) => samples);
    expect(rows[0]?.figures[names.indexOf('committed')]).toBe(null);
    // Each rate is of the time since the sample before.
    const committed = rows.reduce((all, { at, figures }, i) => {
      const rate = figures[names.indexOf('committed')] ?? 0;
      return all + (rate * (at - (rows[i - 1]?.at ?? at))) / 1000;
    }, 0);
    expect(committed).toBeCloseTo(3, 0);
    expect(rows.every(({ figures }) => figures.length === names.length)).toBe(true);
  });

  test('goes on where a client was, unless that was another run', async () => {
    const { url } = await start();
    const { starts, batches } = listen(url);
    await until(() => batches.length >= 3, 'three samples');
    const again = listen(url, { 'last-event-id': batches[0]?.id as string });
    const another = listen(url, { 'last-event-id': `another${batches[0]?.id.slice(7)}` });
    const strange = listen(url, { 'last-event-id': `${starts[0]?.run}:x` });
    await until(() => again.batches.length * another.batches.length * strange.batches.length > 0, 'all');
    expect(numbers(again.batches[0] as Samples)[0]).toBe(numbers(batches[1] as Samples)[0]);
    expect(numbers(another.batches[0] as Samples)[0]).toBe(0);
    expect(numbers(strange.batches[0] as Samples)[0]).toBe(0);
  });

  test('begins anew with another service on the same port, and its client finds it', async () => {
    const one = await start();
    const { starts, batches } = listen(one.url);
    await one.post(lines([event(), event()]), ndjson, '?ack=committed');
    await until(() => batches.at(-1)?.totals.committed === 2, 'both rows');
    await one.service.close();
    await one.flow.close();
    await start({ port: one.port });
    await until(() => starts.length === 2, 'the other service');
    const from = batches.findIndex(({ id }) => id.startsWith(starts[1]?.run as string));
    await until(() => batches.length > from && from >= 0, 'its samples');
    expect(starts[1]?.run).not.toBe(starts[0]?.run);
    expect(numbers(batches[from] as Samples)[0]).toBe(0);
    expect(batches[from]?.totals).toMatchObject({ accepted: 0, committed: 0 });
  });

  test('goes on after the flow was closed', async () => {
    const { url, flow } = await start();
    const { batches } = listen(url);
    await flow.close();
    const { length } = batches;
    await until(() => batches.length > length + 1, 'more samples');
  });

  test('does not hold up the end of the service, even if its client reads nothing', async () => {
    const { url, port, service } = await start();
    const { batches, errors } = listen(url);
    const deaf = connect(port, '127.0.0.1');
    onTestFinished(() => void deaf.destroy());
    await once(deaf, 'connect');
    deaf.pause().write('GET /live/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await until(() => batches.length > 0, 'a sample');
    const bound = AbortSignal.timeout(8000);
    await Promise.race([
      service.close(),
      once(bound, 'abort').then(() => Promise.reject(new Error('close() waits for a stream'))),
    ]);
    await until(() => errors.length > 0, 'the end of the stream');
  });

  test('is refused while the service waits for others', async () => {
    const { gate, post, flow, port, service } = await startGated();
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    const waiting = post(lines([event()]), ndjson, '?ack=committed');
    await until(() => flow.stats().inFlight === 1, 'a batch at the gate');
    const closed = service.close();
    await until(() => !service.server.listening, 'the end of listening');
    socket.write('GET /live/stream HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect((await once(socket, 'data'))[0]).toMatch(/^HTTP\/1\.1 503 .*"code":"stopping"/s);
    gate.open();
    expect(await answer(waiting)).toEqual([200, { committed: 1 }]);
    await closed;
  });

  test('is refused beyond 32 of them, with a reason', async () => {
    const { url } = await start();
    const open = await Promise.all(
      Array.from({ length: 32 }, async () => {
        const end = new AbortController();
        return { end, response: await fetch(`${url}/live/stream`, { signal: end.signal }) };
      }),
    );
    // Keeps the responses too: fetch ends the stream of one that is garbage.
    onTestFinished(() => {
      for (const { end } of open) end.abort();
    });
    expect(open.every(({ response }) => response.status === 200)).toBe(true);
    const refused = await fetch(`${url}/live/stream`);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await answer(refused)).toMatchObject([503, { code: 'too_many_streams' }]);
    open[0]?.end.abort();
    const { batches } = listen(url);
    await until(async () => {
      if (batches.length > 0) return true;
      return (await listenOnce(url)) === 200;
    }, 'a place');
  });

  test('wants the token; the page itself does not', async () => {
    const { url } = await start({ token: 'sécret' });
    expect(await answer(fetch(`${url}/live/stream`))).toMatchObject([401, { code: 'unauthorized' }]);
    expect((await fetch(url)).status).toBe(200);
    const wrong = listen(url, { authorization: 'Bearer other' });
    await until(() => wrong.errors.length > 0, 'a refusal');
    expect(wrong.errors).toEqual([401]);
    const bytes = Buffer.from('sécret').toString('latin1');
    const right = listen(url, { authorization: `Bearer ${bytes}` });
    await until(() => right.batches.length > 0, 'samples');
  });
});

async function listenOnce(url: string): Promise<number> {
  const end = new AbortController();
  const { status } = await fetch(`${url}/live/stream`, { signal: end.signal });
  end.abort();
  return status;
}

describe('a client that is slow', () => {
  test('gets nothing while it has not taken the last event, and then all that is kept', async () => {
    const { flow } = await start();
    const sampler = new Sampler(flow, () => client.send());
    const texts: string[] = [];
    const response = {
      writableNeedDrain: false,
      writeHead: () => {},
      write: (text: string) => texts.push(text),
    };
    const client = new LiveClient(response as unknown as ServerResponse, sampler, undefined);
    const sent = () =>
      texts.splice(0).flatMap((text) => JSON.parse(/data: (.*)/.exec(text)?.[1] as string).samples ?? []);
    sent();
    sampler.take();
    expect(sent()).toMatchObject([{ n: 0 }]);
    response.writableNeedDrain = true;
    for (let i = 0; i < 400; i++) sampler.take();
    expect(texts).toEqual([]);
    response.writableNeedDrain = false;
    sampler.take();
    expect(texts.length).toBe(1);
    const missed = sent();
    expect([missed.length, missed[0].n, missed.at(-1).n]).toEqual([300, 102, 401]);
  });
});

test('a client that does not take the end of its stream is cut off', async () => {
  const { flow } = await start();
  const done: string[] = [];
  const response = {
    ...{ writableNeedDrain: true, writeHead: () => {}, write: () => {} },
    ...{ end: () => done.push('end'), destroy: () => done.push('destroy') },
  };
  const client = new LiveClient(
    response as unknown as ServerResponse,
    new Sampler(flow, () => {}),
    undefined,
  );
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  client.end();
  expect(done).toEqual(['end']);
  vi.advanceTimersByTime(1000);
  expect(done).toEqual(['end', 'destroy']);
});

test('samples are taken from the start to the stop, one a second', async () => {
  const { flow } = await start();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const sampler = new Sampler(flow, () => {});
  expect(sampler.taken).toBe(0);
  sampler.start();
  expect(sampler.taken).toBe(1);
  vi.advanceTimersByTime(3000);
  expect(sampler.taken).toBe(4);
  sampler.stop();
  vi.advanceTimersByTime(5000);
  expect(sampler.taken).toBe(4);
});
