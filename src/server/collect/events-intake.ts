/**
 * `POST /events`: records the metric events of a body and says what became of them.
 *
 * | status | when                                                | body                                          |
 * |--------|-----------------------------------------------------|-----------------------------------------------|
 * | 202    | all are recorded                                    | `{ accepted }`                                |
 * | 400    | bad lines; the good ones are recorded               | `{ accepted, rejected: [{ line, code, … }] }` |
 * | 400    | bad gzip, bad chunks of HTTP                        | `{ code, message, accepted, nextLine }`       |
 * | 408    | the client sent nothing for too long                | the same                                      |
 * | 413    | JSON over the limit; nothing is recorded            | without `nextLine`                            |
 * | 415    | another content type or encoding                    | without `nextLine`                            |
 * | 429    | the collector's buffer stayed full (`Retry-After`)  | with `nextLine`                               |
 * | 503    | the service is shutting down, or has no memory left | the same                                      |
 *
 * A line is a line of NDJSON, or the place in a JSON array, from 1. An early end never takes back what was recorded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MetricEvent, Recorder } from '../../collector/api/recorder.js';
import { WaitTimeoutError } from '../../errors.js';
import { eventsAnswer } from '../events-answer.js';
import { faultOf } from '../fault-of.js';
import { Intake, type IntakeOptions } from '../intake.js';
import { type ReadOptions, readerFor } from '../read-events.js';
import { RequestFault } from '../request-fault.js';
import { RequestLife, type RequestLifeOptions } from '../request-life.js';
import { sendAnswer } from '../send-answer.js';
import { metricEvent } from './metric-events.js';

export type EventsIntakeOptions = Omit<IntakeOptions, 'producer' | 'fromJson' | 'shape'> &
  Omit<ReadOptions, 'readsText'> &
  RequestLifeOptions & { readonly recorder: Pick<Recorder, 'recordEvent'> };

/** How often a full buffer is looked at: it tells nobody of its room, and has some after each batch. */
const lookMs = 5;

export function eventsIntake(given: EventsIntakeOptions) {
  const options = {
    ...given,
    producer: producerOf(given.recorder),
    fromJson: metricEvent,
    // Its errors are cheap enough: they have no stack.
    shape: { isEvent: () => true, mayFit: () => true },
    readsText: undefined,
  };
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const life = new RequestLife(request.raw, reply.raw, options);
    try {
      const intake = new Intake(options, life.ended);
      const cut = await faultOf(async () => {
        refuseAck(request.query as Record<string, unknown>);
        life.ended.throwIfAborted();
        await readerFor(request.headers['content-type'])(life, intake, options);
      });
      life.endBody();
      const { status, body, headers } = eventsAnswer(intake, cut, undefined, undefined);
      return sendAnswer(reply, status, body, headers);
    } finally {
      life.close();
    }
  };
}

/** @throws RequestFault for a client that would wait for a commit: there is none. */
function refuseAck({ ack }: Record<string, unknown>): void {
  if (ack === undefined) return;
  throw new RequestFault(400, 'bad_ack', 'events are counted and not stored: there is nothing to wait for');
}

/** A recorder as the intake sees producers. */
function producerOf(recorder: Pick<Recorder, 'recordEvent'>): IntakeOptions['producer'] {
  return {
    push: (event) => recorder.recordEvent(event as unknown as MetricEvent),
    async writable({ timeoutMs = lookMs, signal } = {}) {
      const ended = () => signal?.throwIfAborted();
      await sleep(Math.min(timeoutMs, lookMs), undefined, signal && { signal }).catch(ended);
      ended();
      if (timeoutMs <= lookMs) throw new WaitTimeoutError('the buffer is full');
    },
    position: () => ({ sequence: 0 }) as never,
  };
}
