/**
 * `GET /readyz`: whether the service can take events and its flow can end them, and why not.
 *
 * | status                 | when                                                              |
 * |------------------------|-------------------------------------------------------------------|
 * | `ready`                | 200                                                               |
 * | `stopping`             | 503: the service or its flow is shutting down                     |
 * | `circuit_open`         | 503: the sink takes nothing                                       |
 * | `dead_letters_failing` | 503: rows wait that neither the sink nor the dead letters took    |
 * | `source_waiting`       | 503: the source has failed, and is started again after a pause    |
 * | `sink_unreachable`     | 503: the sink's health check fails; the message says why          |
 *
 * Answers of 503 have the shape of every error, `{ code, message }`, beside the status.
 */
import { visible } from '../describe.js';
import type { Flow } from '../flow/api/flow.js';

const messages = {
  stopping: 'the service is shutting down',
  circuit_open: 'the sink takes nothing; rows wait in the ring',
  source_waiting: 'the source has failed, and is started again after a pause',
  dead_letters_failing: 'dead letters cannot be written; rows that were given up wait in the ring',
} as const;

/** An answer of `GET /readyz`. */
export interface Readiness {
  readonly code: 200 | 503;
  readonly body: object;
}

type Asked = Pick<Flow, 'closed' | 'circuit' | 'deadLetters' | 'sinkTrouble' | 'stats'>;

export async function readiness(flow: Asked, stopping: boolean): Promise<Readiness> {
  const trouble = troubleOf(flow, stopping);
  if (trouble !== undefined) return notReady(trouble, messages[trouble]);
  const message = await flow.sinkTrouble();
  if (message !== undefined) return notReady('sink_unreachable', visible(message));
  return { code: 200, body: { status: 'ready' } };
}

function notReady(code: string, message: string): Readiness {
  return { code: 503, body: { status: code, code, message } };
}

function troubleOf(flow: Asked, stopping: boolean): keyof typeof messages | undefined {
  if (stopping || flow.closed) return 'stopping';
  if (flow.circuit() === 'open') return 'circuit_open';
  if (flow.deadLetters() === 'failing') return 'dead_letters_failing';
  return flow.stats().source?.state === 'waiting' ? 'source_waiting' : undefined;
}
