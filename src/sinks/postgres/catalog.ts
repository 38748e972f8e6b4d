/**
 * What the server's catalogue says of a table.
 */
import { SinkError } from '../../errors.js';
import type { PostgresColumn } from './dialect.js';
import type { Session } from './session.js';
import { typesSql, unchangedSql } from './unchanged-table.js';

export interface TableThere {
  readonly oid: string;
  readonly isPartitioned: boolean;
  /** Its name without its schema, as errors of COPY have it. */
  readonly name: string;
  readonly columns: readonly PostgresColumn[];
  /** Whether COPY writes it as INSERT would: it refuses tables with policies of rows, and passes rules by. */
  readonly copies: boolean;
  /** The statement that fails when the table's columns have other types than these. */
  readonly unchangedSql: string;
}

/**
 * The column's type, or the one at the bottom of its domains. A domain is NOT NULL if it says so itself.
 */
const columnsSql = `
  WITH RECURSIVE columns AS (
    SELECT a.attnum, a.attname, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated,
      pg_catalog.format_type(a.atttypid, a.atttypmod) AS declared, t.oid, t.typtype, t.typbasetype, t.typnotnull,
      t.typdefault IS NOT NULL AS typfilled
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT c.attnum, c.attname, c.attnotnull, c.atthasdef, c.attidentity, c.attgenerated,
      c.declared, t.oid, t.typtype, t.typbasetype, c.typnotnull OR t.typnotnull,
      c.typfilled OR t.typdefault IS NOT NULL
    FROM columns c JOIN pg_catalog.pg_type t ON t.oid = c.typbasetype WHERE c.typtype = 'd'
  )
  SELECT c.attname AS name, c.declared, c.attnotnull OR c.typnotnull AS "notNull",
    c.atthasdef OR c.typfilled OR c.attidentity <> '' AS filled,
    CASE WHEN c.attgenerated <> '' THEN 'generated' WHEN c.attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY' END
      AS closed,
    t.typname AS base, n.nspname = 'pg_catalog' AS "builtIn", c.typtype = 'e' AS "isEnum",
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(t.typname) AS "baseSql"
  FROM columns c JOIN pg_catalog.pg_type t ON t.oid = c.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE c.typtype <> 'd' ORDER BY c.attnum`;

const tableSql = `
  SELECT c.oid, c.relname AS name, c.relkind AS kind, c.relrowsecurity OR c.relhasrules AS "isGuarded",
    CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_relation_filenode(c.oid) END AS filenode, ${typesSql('c.oid')} AS types
  FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)`;

interface FoundTable {
  readonly oid: string | number;
  readonly name: string;
  readonly kind: string;
  readonly isGuarded: boolean;
  /** Null where rows lie in other tables' files. */
  readonly filenode: string | null;
  readonly types: string;
}

/** Kinds of relations that rows can be written to. */
const tableKinds = ['r', 'p', 'f'];

/**
 * What is known of a table; undefined when there is none.
 *
 * @param table the quoted name.
 * @throws SinkError when it is a view or something else; the server's own error.
 */
export async function tableThere(session: Session, table: string): Promise<TableThere | undefined> {
  const [found] = await session.rows(tableSql, [table]);
  if (found === undefined) return undefined;
  const { oid, name, kind, isGuarded, filenode, types } = found as unknown as FoundTable;
  if (!tableKinds.includes(kind)) throw new SinkError(`${table} is no table; the sink needs one`);
  const columns = (await session.rows(columnsSql, [oid])) as unknown as (PostgresColumn & {
    closed: string | null;
  })[];
  return {
    oid: String(oid),
    isPartitioned: kind === 'p',
    name,
    columns: columns.map((column) => ({ ...column, closed: column.closed ?? undefined })),
    copies: !isGuarded,
    unchangedSql: unchangedSql(String(oid), filenode, types),
  };
}
