/**
 * The listener takes datagrams from a UDP port, counts them, and ends.
 */
import { createSocket } from 'node:dgram';
import { expect, it, onTestFinished } from 'vitest';
import { listenStatsd } from '../../../dist/src/collector/statsd/index.js';
import { NotingRecorder } from '../../fixtures/noting-recorder.js';
import { until } from '../../fixtures/until.js';

async function listening(options: Parameters<typeof listenStatsd>[1] = {}) {
  const recorder = new NotingRecorder();
  const listener = await listenStatsd(recorder, { port: 0, ...options });
  const client = createSocket(listener.host.includes(':') ? 'udp6' : 'udp4');
  onTestFinished(async () => {
    client.close();
    await listener.close();
  });
  const send = (text: string) => new Promise((sent) => client.send(text, listener.port, listener.host, sent));
  return { recorder, listener, send };
}

it('records what comes, and counts datagrams, lines and events', async () => {
  const { recorder, listener, send } = await listening();
  await send('hits:1|c\nhits:2|c');
  await send('bad');
  await until(() => listener.stats().datagrams === 2, 'two datagrams');
  expect(recorder.events.map((event) => 'value' in event && event.value)).toEqual([1, 2]);
  expect(listener.stats()).toMatchObject({
    ...{ bytes: 20, lines: 3, accepted: 2, recorded: 2, dropped: 0, socketErrors: 0 },
    rejected: { name: 1, value: 0 },
  });
  expect(listener.host).toBe('127.0.0.1');
});

it('gives its counts as they are, not as they will be', async () => {
  const { listener, send } = await listening();
  const before = listener.stats();
  await send('bad');
  await until(() => listener.stats().datagrams === 1, 'a datagram');
  expect([before.datagrams, before.rejected.name]).toEqual([0, 0]);
});

it('asks for a buffer of the size that the program wants', async () => {
  const small = await listening({ recvBufferBytes: 8192 });
  const large = await listening({ recvBufferBytes: 65_536 });
  expect(large.listener.recvBufferBytes).toBeGreaterThan(small.listener.recvBufferBytes);
});

it('listens on addresses of IPv6', async () => {
  const { recorder, send } = await listening({ host: '::1' });
  await send('hits:1|c');
  await until(() => recorder.events.length === 1, 'the event');
});

it('rejects when the port is taken, and frees it when it ends', async () => {
  const first = await listening();
  const { port } = first.listener;
  await expect(listenStatsd(new NotingRecorder(), { port })).rejects.toThrow('EADDRINUSE');
  await first.listener.close();
  await first.listener.close();
  const second = await listenStatsd(new NotingRecorder(), { port });
  await second.close();
});

it('refuses what is no recorder, and wrong options', async () => {
  await expect(listenStatsd({} as never)).rejects.toThrow(/^recorder: /);
  await expect(listenStatsd(new NotingRecorder(), { port: 70_000 })).rejects.toThrow(/^port: /);
  await expect(listenStatsd(new NotingRecorder(), { maxGauge: 1 } as never)).rejects.toThrow('maxGauges');
});
