/**
 * Failures of requests: answers that are no success, time limits, and connections that cannot be had or break.
 *
 * Messages show where the request went without secrets, and at most 300 characters of an answer.
 */
import { messageOf, visible } from '../../../describe.js';
import { ofHttp } from '../../../target-errors/http.js';
import { type ErrorReason, type Meaning, meaning } from '../../../target-errors/meaning.js';
import { ofNode } from '../../../target-errors/network.js';
import type { HttpAnswer } from './http-client.js';

const mostShown = 300;
/** While the configuration is wrong, attempts are at least so far apart. */
const configurationPauseMs = 2000;

const configuration = meaning('retry', 'syntax');
const ofRows = new Set([400, 409, 422]);

/** What a status means: only 400, 409 and 422 are about the rows, and 413 about how many there are. */
export function meaningOfStatus(status: number): Meaning {
  const known = ofHttp({ status }) ?? configuration;
  if (status === 413 || known.verdict === 'retry' || ofRows.has(status)) return known;
  // The address, the method or a header is not what the target wants.
  return configuration;
}

/** The target answered, and not with success. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code = 'ERR_HTTP_STATUS';
  readonly status: number;
  readonly verdict: Meaning['verdict'];
  readonly reason: ErrorReason | undefined;
  readonly split: boolean;
  /** How long to wait at least before the next attempt. */
  declare readonly retryAfterMs?: number;
  /** Not shown where errors are printed: it may be long. */
  declare readonly answer: HttpAnswer;

  /**
   * @param request the method and the address, as they may be shown.
   * @param said what the message says of the answer's body.
   * @param pauseMs how long the target asks to wait.
   */
  constructor(request: string, answer: HttpAnswer, said: string, pauseMs: number | undefined) {
    super(`${request} was answered with ${answer.status}${said === '' ? '' : `: ${said}`}`);
    const { verdict, reason, split } = meaningOfStatus(answer.status);
    this.status = answer.status;
    this.verdict = verdict;
    this.reason = reason;
    this.split = split === true;
    const atLeast = this.isConfiguration ? configurationPauseMs : undefined;
    const pause = Math.max(pauseMs ?? 0, atLeast ?? 0);
    if (pause > 0) this.retryAfterMs = pause;
    Object.defineProperty(this, 'answer', { value: answer, enumerable: false });
  }

  /** Whether the address, the credentials or the form of requests is wrong, rather than the target unwell. */
  get isConfiguration(): boolean {
    return (
      this.status < 500 && this.verdict === 'retry' && (this.reason === 'auth' || this.reason === 'syntax')
    );
  }
}

/** There was no answer: no connection, a broken one, no answer in time, or one that is no HTTP. */
export class HttpRequestError extends Error {
  override readonly name = 'HttpRequestError';
  readonly verdict = 'retry';
  readonly reason: ErrorReason;
  /** As Node has it: `ECONNREFUSED`, `ETIMEDOUT`. */
  readonly code: string;

  constructor(request: string, cause: unknown) {
    super(`${request} failed: ${visible(messageOf(cause))}`, { cause });
    const { code } = (cause ?? {}) as { code?: unknown };
    this.code = typeof code === 'string' ? code : 'ERR_HTTP_REQUEST';
    this.reason = ofNode(cause)?.reason ?? (this.code.startsWith('ERR_INVALID') ? 'syntax' : 'connection');
  }
}

/** A part of a request took longer than its option allows. */
export class HttpTimeoutError extends Error {
  override readonly name = 'HttpTimeoutError';
  readonly code = 'ETIMEDOUT';

  constructor(what: string, option: string, ms: number) {
    super(`${what} took longer than ${ms} ms (${option})`);
  }
}

/** The beginning of a text from the target, on one line. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return visible(line.length <= mostShown ? line : `${line.slice(0, mostShown - 1)}…`);
}
