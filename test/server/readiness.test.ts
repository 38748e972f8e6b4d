/**
 * `GET /readyz`: what keeps a service from being ready, the worst first.
 */
import { expect, test } from 'vitest';
import { readiness } from '../../dist/src/server/readiness.js';

const ready = {
  closed: false,
  circuit: () => 'closed' as const,
  deadLetters: () => 'ok' as const,
  sinkTrouble: async (): Promise<string | undefined> => undefined,
  stats: () => ({}) as never,
};
const source = (state: string) => ({ ...ready, stats: () => ({ source: { state } }) as never });

test.each([
  ['ready', ready],
  ['ready', source('running')],
  ['ready', source('ended')],
  ['source_waiting', source('waiting')],
  ['dead_letters_failing', { ...source('waiting'), deadLetters: () => 'failing' as const }],
  ['circuit_open', { ...source('waiting'), circuit: () => 'open' as const }],
  ['stopping', { ...source('waiting'), closed: true }],
  ['sink_unreachable', { ...source('running'), sinkTrouble: async () => 'no route' }],
])('%s', async (status, flow) => {
  const { code, body } = await readiness(flow, false);
  expect(body).toMatchObject(
    status === 'ready' ? { status } : { status, code: status, message: expect.any(String) },
  );
  expect(code).toBe(status === 'ready' ? 200 : 503);
});
