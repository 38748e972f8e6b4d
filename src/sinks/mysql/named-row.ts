/**
 * The row for which the last statement has failed, by what the server says of it.
 */
import type { Session } from './session.js';

/** Texts of errors end so in English; MariaDB 10.7 and newer tell the number itself, for all of its errors. */
const inMessage = / at row (\d+)$/;

/** @returns the number of the row in the statement, from 1; undefined when the server names none. */
export async function namedRow(session: Session, error: unknown): Promise<number | undefined> {
  const [, text] = inMessage.exec((error as Error).message) ?? [];
  if (text !== undefined) return Number(text);
  try {
    await session.rows('GET DIAGNOSTICS CONDITION 1 @batchflow_row = ROW_NUMBER');
    const [answer] = await session.rows('SELECT CAST(@batchflow_row AS CHAR) AS number');
    const row = Number(answer?.number);
    return row > 0 ? row : undefined;
  } catch {
    // Other servers do not know the word.
    return undefined;
  }
}
