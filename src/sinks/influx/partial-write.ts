/**
 * Which rows a server of InfluxDB did not store, where its answer says so.
 *
 * InfluxDB 3 names lines. InfluxDB 1 says `partial write: … dropped=N` and names none; so does InfluxDB 2. There the
 * batch is halved until bad rows are alone. Rows that were stored are sent again by that, and are the same points: a
 * point is its series and its time.
 */
import { SinkError } from '../../errors.js';
import type { WriteResult } from '../../sink.js';
import { excerpt, type HttpError } from '../http/client/http-error.js';
import { withoutLines } from './said.js';

/**
 * @param rows the batch's row of each line.
 * @returns undefined where the answer names no lines, or lines that were not sent.
 */
export function failedLines(error: HttpError, rows: readonly number[]): WriteResult['failed'] | undefined {
  let said: unknown;
  try {
    said = JSON.parse(error.answer.body.toString());
  } catch {
    return undefined;
  }
  const { error: text, data } = (said ?? {}) as { error?: unknown; data?: unknown };
  // Of what was not written in part, nothing is stored.
  if (typeof text !== 'string' || !text.startsWith('partial write') || !Array.isArray(data)) return undefined;
  const failed = new Map<number, BadLineError>();
  for (const each of data as { line_number?: unknown; error_message?: unknown }[]) {
    const index = rows[Number(each?.line_number) - 1];
    if (index === undefined) return undefined;
    const why = withoutLines(String(each.error_message));
    // A line with two faults is one row.
    if (!failed.has(index)) failed.set(index, new BadLineError(excerpt(why)));
  }
  return failed.size === 0 ? undefined : Array.from(failed, ([index, bad]) => ({ index, error: bad }));
}

/** A row that the server did not take. */
class BadLineError extends SinkError {
  readonly verdict = 'fatal';
  readonly reason = 'value';
}
