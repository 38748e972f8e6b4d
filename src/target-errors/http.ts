/**
 * Errors that carry an HTTP status, as `status`, `statusCode`, in their `response`, or in AWS's `$metadata`.
 */
import { type Meaning, meaning, propertyOf } from './meaning.js';

const byStatus: Readonly<Record<number, Meaning>> = {
  // The configuration: it may be put right.
  401: meaning('retry', 'auth'),
  403: meaning('retry', 'auth'),
  404: meaning('retry', 'syntax'),
  405: meaning('retry', 'syntax'),
  407: meaning('retry', 'auth'),
  408: meaning('retry', 'timeout'),
  413: { verdict: 'fatal', reason: 'overload', split: true },
  425: meaning('retry', 'overload'),
  429: meaning('retry', 'overload'),
  502: meaning('retry', 'connection'),
  503: meaning('retry', 'overload'),
  504: meaning('retry', 'timeout'),
};

/** The status of a request that failed. */
export function httpStatus(error: unknown): number | undefined {
  for (const holder of [error, propertyOf(error, 'response'), propertyOf(error, '$metadata')]) {
    for (const name of ['status', 'statusCode', 'httpStatusCode']) {
      const status = propertyOf(holder, name);
      if (Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600) {
        return status as number;
      }
    }
  }
  return undefined;
}

/** Undefined where it has no status of a failure. */
export function ofHttp(error: unknown): Meaning | undefined {
  const status = httpStatus(error);
  if (status === undefined) return undefined;
  return byStatus[status] ?? (status < 500 ? meaning('fatal', 'value') : meaning('retry', 'unknown'));
}
