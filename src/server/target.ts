/**
 * Where the rows of a service go, as the live page and `GET /stats` show it: places only, no user and no password.
 */
import { group, type RulesFor } from '../options/check.js';
import { integer, text } from '../options/rules.js';

/** A target's place. */
export interface Target {
  /** The kind of target: `sqlite`, `postgres`, `mysql`, `redis`. */
  scheme: string;
  /** The file of SQLite. */
  file?: string | undefined;
  /** A name, an address, or the folder of a Unix socket. */
  host?: string | undefined;
  port?: number | undefined;
  database?: string | undefined;
  table?: string | undefined;
}

export const targetRule = group({
  scheme: text(),
  file: text().optional(),
  host: text().optional(),
  port: integer(1, 65_535).optional(),
  database: text().optional(),
  table: text().optional(),
} satisfies RulesFor<Target>);
