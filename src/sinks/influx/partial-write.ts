/**
 * Which rows a server of InfluxDB did not store, where its answer says so.
 *
 * InfluxDB 3 names lines. InfluxDB 1 says `partial write: … dropped=N` and names none; so does InfluxDB 2. There the
 * batch is halved until bad rows are alone. Rows that were stored are sent again by that, and are the same points: a
 * point is its series and its time.
 */
import { SinkError } from '../../errors.js';
import type { WriteResult } from '../../sink.js';
import type { HttpError } from '../http/client/http-error.js';

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
  const failed: { index: number; error: BadLineError }[] = [];
  for (const each of data as { line_number?: unknown; error_message?: unknown }[]) {
    const index = rows[Number(each?.line_number) - 1];
    if (index === undefined) return undefined;
    failed.push({ index, error: new BadLineError(String(each.error_message)) });
  }
  return failed.length === 0 ? undefined : failed;
}

/** A row that the server did not take. */
class BadLineError extends SinkError {
  readonly verdict = 'fatal';
  readonly reason = 'value';
}
