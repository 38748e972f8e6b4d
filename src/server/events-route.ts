/**
 * `POST /v1/events`: reads the body into the flow and says what became of it.
 *
 * | status | when                                      | body                                           |
 * |--------|-------------------------------------------|------------------------------------------------|
 * | 202    | all is accepted                           | `{ accepted }`                                 |
 * | 200    | `?ack=committed`, and all is committed    | `{ committed }`                                |
 * | 400    | bad lines; the good ones are kept         | `{ accepted, rejected: [{ line, code, … }] }`  |
 * | 400    | bad gzip, unknown `ack`                   | `{ code, message, accepted }`, as in all below |
 * | 401    | no token, or a wrong one                  | without `accepted`                             |
 * | 413    | JSON over the limit; nothing is accepted  |                                                |
 * | 415    | another content type or encoding          |                                                |
 * | 429    | the ring stayed full (`Retry-After`)      | also `nextLine`: where to go on                |
 * | 500    | rows were given up (`?ack=committed`)     | `failed: [{ line, deadLettered, message }]`    |
 * | 503    | the service or its flow is shutting down  | also `nextLine`                                |
 * | 504    | not committed in time; it may still be    |                                                |
 *
 * What holds when several of them come together:
 * - An early end (400 for gzip, 429, 503) never takes back what was accepted before it. The first line that
 *   was neither accepted nor rejected is `nextLine`.
 * - Bad lines are listed in `rejected` whatever the status, at most `maxRejected` of them; `moreRejected`
 *   counts the rest. They make it a 400 only where it would have been 202 or 200.
 * - With `?ack=committed` every answer waits for the commit of what was accepted, and then says `committed`,
 *   too: how many are. Lines that were given up are listed in `failed` with the reason, at most `maxRejected` of them
 *   (`moreFailed` counts the rest), with whether they are kept as dead letters; all others are committed. If that
 *   cannot be told (`failed` is missing), or the commit takes too long (504), send what must arrive again. 500 and
 *   504 go before any other status.
 * - A body without events is fine where it can be (NDJSON, `[]`): 202 `{ accepted: 0 }`. An empty JSON body
 *   is bad JSON: 400.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FlowClosedError, FlowFailedError } from '../errors.js';
import type { FailedLine } from './accepted-lines.js';
import { bodyChunks } from './body-chunks.js';
import { type CommitWaitOptions, commitWait } from './commit-wait.js';
import { Intake, type IntakeOptions } from './intake.js';
import { type ReadLimits, readerFor } from './read-events.js';
import { RequestFault, stoppingFault } from './request-fault.js';
import { sendAnswer } from './send-answer.js';

export type EventsRouteOptions = IntakeOptions & ReadLimits & CommitWaitOptions;

export function eventsRoute(options: EventsRouteOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const intake = new Intake(options);
    let committed: Committed | undefined;
    let fault: RequestFault | undefined;
    try {
      const ack = wantsCommit(request.query);
      const commit = ack ? commitWait(options) : undefined;
      fault = await readBody(request, intake, options);
      if (commit !== undefined) {
        const failed = intake.accepted > 0 ? await commit(intake.lines) : [];
        committed = { rows: intake.accepted - failed.length, failed };
        if (failed.length > 0) fault = notCommitted(failed.length, intake.accepted);
      }
    } catch (error) {
      fault = faultOf(error);
    }
    const status = statusOf(intake, committed, fault);
    return sendAnswer(
      reply,
      status,
      answerBody(intake, committed, fault, options.maxRejected),
      fault?.headers,
    );
  };
}

/** @returns why the body was not taken to its end, if so. */
async function readBody(
  request: FastifyRequest,
  intake: Intake,
  options: EventsRouteOptions,
): Promise<RequestFault | undefined> {
  try {
    if (options.stopping.aborted) throw stoppingFault();
    const read = readerFor(request.headers['content-type']);
    await read(bodyChunks(request.raw, options.stopping), intake, options);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
}

/** @throws RequestFault 400 for an `ack` that is not known. */
function wantsCommit(query: unknown): boolean {
  const { ack } = query as Record<string, unknown>;
  if (ack === undefined || ack === 'committed') return ack !== undefined;
  throw new RequestFault(400, 'bad_ack', `ack=${String(ack)} is not known; "ack=committed" or nothing is`);
}

/** @throws what is not to be expected. */
function faultOf(error: unknown): RequestFault {
  if (error instanceof RequestFault) return error;
  if (error instanceof FlowClosedError) return new RequestFault(503, 'flow_closed', error.message);
  if (error instanceof FlowFailedError) return new RequestFault(500, 'flow_failed', error.message);
  throw error;
}

/** What became of accepted events. */
interface Committed {
  readonly rows: number;
  readonly failed: readonly FailedLine[];
}

function notCommitted(failed: number, accepted: number): RequestFault {
  return new RequestFault(500, 'not_committed', `${failed} of ${accepted} accepted events were given up`);
}

function statusOf(intake: Intake, committed: Committed | undefined, fault: RequestFault | undefined): number {
  if (fault !== undefined) return fault.status;
  if (intake.rejected.length > 0 || intake.moreRejected > 0) return 400;
  return committed ? 200 : 202;
}

function answerBody(
  intake: Intake,
  committed: Committed | undefined,
  fault: RequestFault | undefined,
  maxListed: number,
): object {
  const { accepted, rejected, moreRejected, nextLine } = intake;
  const plain = fault === undefined && rejected.length === 0 && moreRejected === 0;
  if (plain) return committed ? { committed: committed.rows } : { accepted };
  const failed = committed?.failed ?? [];
  return {
    ...(fault && { code: fault.code, message: fault.message }),
    accepted,
    ...(committed && { committed: committed.rows }),
    ...(failed.length > 0 && { failed: failed.slice(0, maxListed) }),
    ...(failed.length > maxListed && { moreFailed: failed.length - maxListed }),
    ...(fault && goesOn(fault) && { nextLine }),
    ...(rejected.length > 0 && { rejected }),
    ...(moreRejected > 0 && { moreRejected }),
  };
}

/** Whether the client can send the rest of the body later. */
function goesOn(fault: RequestFault): boolean {
  return fault.status === 429 || fault.status === 503;
}
