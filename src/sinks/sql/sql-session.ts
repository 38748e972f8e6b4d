/**
 * A connection to a database, by which statements run.
 */
import type { Session } from '../connections/sessions.js';

export interface SqlSession extends Session {
  /** Run a statement. @returns its rows. */
  rows(sql: string): Promise<unknown[]>;
}
