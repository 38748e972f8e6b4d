/**
 * `POST /v1/events`: reads the body into the flow and says what became of it.
 *
 * | status | when                                      | body                                           |
 * |--------|-------------------------------------------|------------------------------------------------|
 * | 202    | all is accepted                           | `{ accepted }`                                 |
 * | 200    | `?ack=committed`, and all is committed    | `{ committed }`                                |
 * | 400    | bad lines; the good ones are kept         | `{ accepted, rejected: [{ line, code, … }] }`  |
 * | 400    | unknown `ack`                             | `{ code, message, accepted }`, as in all below |
 * | 400    | bad gzip, bad chunks of HTTP              | also `nextLine`: where to go on                |
 * | 400    | bad Idempotency-Key or -First-Line        | nothing is accepted                            |
 * | 401    | no token, or a wrong one                  | without `accepted`                             |
 * | 403    | a web page of another origin sends it     | without `accepted`; see admission.ts           |
 * | 408    | the client sent nothing for too long      | also `nextLine`                                |
 * | 413    | JSON over the limit; nothing is accepted  |                                                |
 * | 415    | another content type or encoding          |                                                |
 * | 421    | unknown host name, and there is no token  | without `accepted`; see admission.ts           |
 * | 422    | the Idempotency-Key had other lines       | the lines before that one are accepted         |
 * | 429    | the ring stayed full (`Retry-After`)      | also `nextLine`                                |
 * | 500    | rows were given up (`?ack=committed`)     | `failed: [{ line, deadLettered, message }]`    |
 * | 503    | the service or its flow is shutting down  | also `nextLine`                                |
 * | 503    | too many unfinished bytes (`Retry-After`) | also `nextLine`                                |
 * | 504    | not committed in time; it may still be    |                                                |
 *
 * What holds when several of them come together:
 * - An early end (400, 408, 429, 503) never takes back what was accepted before it. The first line that
 *   was neither accepted nor rejected is `nextLine`.
 * - Bad lines are listed in `rejected` whatever the status, at most `maxRejected` of them; `moreRejected`
 *   counts the rest. They make it a 400 only where it would have been 202 or 200.
 * - With `?ack=committed` every answer waits for the commit of what was accepted, and then says `committed`,
 *   too: how many are. Lines that were given up are listed in `failed` with the reason, at most `maxRejected` of them
 *   (`moreFailed` counts the rest), with whether they are kept as dead letters; all others that were accepted are
 *   committed. If that cannot be told (`failed` is missing), or the commit takes too long (504), send what must arrive
 *   again. 500 and 504 go before any other status; where the body was not taken whole they have `nextLine`, too.
 * - With an `Idempotency-Key` lines have numbers from `Idempotency-First-Line` on (1 without it), in answers, too, so
 *   that `nextLine` is what the rest is to be sent with. What is committed has `duplicates`: how many of these rows the
 *   target had already. It is missing where the target does not tell which it had, or had more runs of rows than are
 *   remembered.
 * - A body without events is fine where it can be (NDJSON, `[]`): 202 `{ accepted: 0 }`. An empty JSON body
 *   is bad JSON: 400.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { CommitWait, type CommitWaitOptions } from './commit-wait.js';
import { type EventsAnswer, eventsAnswer } from './events-answer.js';
import { faultOf } from './fault-of.js';
import { Intake, type IntakeOptions } from './intake.js';
import { KeyedLines, type KeyOptions } from './keyed-lines.js';
import { type ReadOptions, readerFor, unsupportedType } from './read-events.js';
import { RequestFault } from './request-fault.js';
import { RequestLife, type RequestLifeOptions } from './request-life.js';
import { sendAnswer } from './send-answer.js';

export type EventsRouteOptions = IntakeOptions &
  ReadOptions &
  CommitWaitOptions &
  RequestLifeOptions &
  KeyOptions;

export function eventsRoute(options: EventsRouteOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const life = new RequestLife(request.raw, reply.raw, options);
    try {
      const { status, body, headers } = await takeEvents(request, life, options);
      return sendAnswer(reply, status, body, headers);
    } finally {
      life.close();
    }
  };
}

/** Answer a content type that fastify cannot read: fastify refuses it before it calls the route. */
export function refusedContentType(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.statusCode !== 415) throw error;
  const { status, code, message, headers } = unsupportedType(request.headers['content-type'] ?? '');
  sendAnswer(reply, status, { code, message, accepted: 0 }, headers);
}

async function takeEvents(
  { query, headers }: FastifyRequest,
  life: RequestLife,
  options: EventsRouteOptions,
): Promise<EventsAnswer> {
  const { ack } = query as Record<string, unknown>;
  const commit = ack === 'committed' ? new CommitWait(options) : undefined;
  const intake = new Intake(options, life.ended, commit);
  const cut = await faultOf(async () => {
    if (ack !== undefined && commit === undefined) throw badAck(ack);
    intake.useKey(KeyedLines.of(headers, options));
    life.ended.throwIfAborted();
    await readerFor(headers['content-type'])(life, intake, options);
  });
  life.endBody();
  if (commit === undefined || life.clientGone) return eventsAnswer(intake, cut, undefined, undefined);
  const commitFault = intake.accepted > 0 ? await faultOf(() => commit.settle()) : undefined;
  if (commitFault !== undefined) return eventsAnswer(intake, cut, commitFault, undefined);
  return eventsAnswer(intake, cut, commit.failedCount > 0 ? notCommitted(commit, intake) : undefined, commit);
}

function badAck(ack: unknown): RequestFault {
  return new RequestFault(400, 'bad_ack', `ack=${String(ack)} is not known; "ack=committed" or nothing is`);
}

function notCommitted({ failedCount }: CommitWait, { accepted }: Intake): RequestFault {
  const message = `${failedCount} of ${accepted} accepted events were given up`;
  return new RequestFault(500, 'not_committed', message);
}
