/**
 * The answer to `POST /v1/events`: its status, numbers and lines, by the table in events-route.ts.
 */
import type { CommitWait } from './commit-wait.js';
import type { Intake } from './intake.js';
import type { RequestFault } from './request-fault.js';

export interface EventsAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Compose the answer.
 *
 * @param cut the reason why not all of the body was taken.
 * @param unsettled the reason why not all events that were taken are committed; it goes first.
 * @param commit undefined when the client did not ask for the commit, or its result is unknown.
 */
export function eventsAnswer(
  { accepted, rejected, moreRejected, nextLine, isKeyed }: Intake,
  cut: RequestFault | undefined,
  unsettled: RequestFault | undefined,
  commit: CommitWait | undefined,
): EventsAnswer {
  const fault = unsettled ?? cut;
  const duplicates = isKeyed ? commit?.duplicates : undefined;
  const committed = commit && accepted - commit.failedCount;
  const anyRejected = rejected.length > 0;
  if (fault === undefined && !anyRejected) {
    return committed === undefined
      ? { status: 202, body: { accepted }, headers: {} }
      : { status: 200, body: { committed, ...(duplicates !== undefined && { duplicates }) }, headers: {} };
  }
  const failed = commit?.failed ?? [];
  const moreFailed = (commit?.failedCount ?? 0) - failed.length;
  const body = {
    ...(fault && { code: fault.code, message: fault.message }),
    accepted,
    ...(commit && { committed }),
    ...(duplicates !== undefined && { duplicates }),
    ...(failed.length > 0 && { failed }),
    ...(moreFailed > 0 && { moreFailed }),
    ...(cut && goesOn(cut) && { nextLine }),
    ...(anyRejected && { rejected }),
    ...(moreRejected > 0 && { moreRejected }),
  };
  return { status: fault?.status ?? 400, body, headers: fault?.headers ?? {} };
}

const early = new Set([408, 429, 503]);

/** Whether the client can send the rest of the body later. */
function goesOn({ status, code }: RequestFault): boolean {
  return early.has(status) || code === 'bad_gzip' || code === 'bad_http';
}
