/**
 * Getting a schema's table ready: made when it is missing, checked when it is there, and its statement tried.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { Column } from '../../schema/columns/columns.js';
import { mysqlNumber } from '../../target-errors/mysql.js';
import { namesOf } from '../sql/name-parts.js';
import { createTableSql } from '../sql/statements.js';
import { misfits, misfitText } from '../sql/table-check.js';
import type { TablePlan } from '../sql/table-plan.js';
import { type TableThere, tableThere } from './catalog.js';
import { classifyMysqlError } from './classify.js';
import { columnsOf, type MysqlColumn, mysqlDialect } from './dialect.js';
import { type InsertText, insertText } from './insert-text.js';
import { type MemberColumn, membersOf } from './member-columns.js';
import type { Session } from './session.js';
import { wireInto } from './storage.js';
import { type TableName, tableName } from './table-name.js';
import type { WireColumn } from './wire/row-packets.js';

/** How rows get into a table. */
export interface PreparedTable {
  readonly plan: TablePlan;
  /** The table's quoted name. */
  readonly sql: string;
  readonly columns: readonly WireColumn[];
  /** Those whose values are the members of an enum or a set. */
  readonly memberColumns: readonly MemberColumn[];
  readonly insert: InsertText;
}

const longestName = 64;
const tableExists = 1050;

/**
 * Prepare one table.
 *
 * @throws SinkError naming the table, and for each column that does not fit what it is and what is needed; another
 *   error when the server or the connection is to blame.
 */
export async function prepareTable(session: Session, plan: TablePlan): Promise<PreparedTable> {
  checkNames(plan);
  const name = tableName(plan);
  try {
    const there = await tableFor(session, plan, name);
    const found = misfits(mysqlDialect, there.columns, plan.schema, plan.identityColumn);
    if (found.length > 0) throw new SinkError(misfitText(mysqlDialect, name.sql, plan, found));
    checkKeys(plan, name.sql, there);
    const table = preparedTable(plan, name.sql, there);
    // The server looks at names and rights.
    await session.prepare(table.insert.of(1));
    return table;
  } catch (error) {
    if (error instanceof SinkError || !isOfTable(error)) throw error;
    throw new SinkError(`${refusal(plan, name.sql)}: ${messageOf(error)}`, { cause: error });
  }
}

function refusal({ schema }: TablePlan, sql: string): string {
  return `table ${sql} cannot take rows of schema "${schema.name}"`;
}

/** What the server has against a statement is the table's fault; not what it has against the connection. */
function isOfTable(error: unknown): boolean {
  const ofTables = [
    1044, 1046, 1049, 1054, 1060, 1064, 1071, 1103, 1142, 1143, 1146, 1166, 1170, 1348, 1356, 3152,
  ];
  return ofTables.includes(mysqlNumber(error) ?? 0) || classifyMysqlError(error) === 'fatal';
}

function checkNames(plan: TablePlan): void {
  for (const name of namesOf(plan, '`')) {
    if ([...name].length > longestName) {
      throw new SinkError(
        `"${name}" cannot name a table or a column: MySQL takes names of up to ${longestName} characters`,
      );
    }
  }
}

async function tableFor(session: Session, plan: TablePlan, name: TableName): Promise<TableThere> {
  const there = await tableThere(session, name);
  if (there !== undefined) return there;
  if (!plan.createTable) {
    throw new SinkError(`table ${name.sql}: there is no such table, and createTable is false`);
  }
  for (const statement of createTableSql(mysqlDialect, name.sql, plan)) {
    try {
      await session.rows(statement);
    } catch (error) {
      // Another flusher has made it meanwhile.
      if (mysqlNumber(error) !== tableExists) throw error;
    }
  }
  const made = await tableThere(session, name);
  if (made === undefined)
    throw new SinkError(`table ${name.sql} cannot be seen; the user lacks rights to it`);
  return made;
}

function checkKeys(plan: TablePlan, sql: string, { keys, plainEngine, columns }: TableThere): void {
  const { identityColumn } = plan;
  const { key, strategy } = plan.conflict;
  const advise = (fault: string, help: string) => {
    throw new SinkError(`${refusal(plan, sql)}: ${fault}${help === '' ? '' : `; this would help: ${help}`}`);
  };
  if (plainEngine !== undefined) {
    advise(
      `its engine ${plainEngine} has no transactions, so a batch could be stored in part`,
      `ALTER TABLE ${sql} ENGINE=InnoDB`,
    );
  }
  const fold = (names: Iterable<string>) => new Set([...names].map((each) => mysqlDialect.fold(each)));
  const wanted = fold(key);
  const sets = keys.map(({ name, columns: of, isWhole }) => ({ name, isWhole, of: fold(of) }));
  const isWanted = ({ of }: { of: ReadonlySet<string> }) => [...wanted].every((each) => of.has(each));
  if (identityColumn !== undefined) {
    const identity = mysqlDialect.fold(identityColumn);
    if (!sets.some(({ of, isWhole }) => isWhole && of.size === 1 && of.has(identity))) {
      const column = mysqlDialect.quote(identityColumn);
      advise(
        `it needs a unique index on the identity column ${column} alone`,
        `ALTER TABLE ${sql} ADD UNIQUE (${column})`,
      );
    }
  }
  if (
    key.length > 0 &&
    !sets.some((each) => each.isWhole && isWanted(each) && each.of.size === wanted.size)
  ) {
    advise(
      `it needs a unique index on exactly the columns (${columnsOf(key)})`,
      `ALTER TABLE ${sql} ${[...boundedColumns(plan, columns), `ADD UNIQUE (${columnsOf(key)})`].join(', ')}`,
    );
  }
  if (strategy !== 'update' && strategy !== 'replace') return;
  // ON DUPLICATE KEY looks at all keys: a row that is there only by another one would be overwritten.
  const written = fold(Object.keys(plan.schema.columns));
  const differing = fold(columns.flatMap(({ name, differs }) => (differs ? [name] : [])));
  const conflicts = (name: string) => written.has(name) || !differing.has(name);
  const other = sets.find((each) => !isWanted(each) && [...each.of].every(conflicts));
  if (other !== undefined) {
    advise(
      `its unique index \`${other.name}\` is not on (${columnsOf(key)}), and a row that conflicts there would ` +
        'overwrite another one',
      '',
    );
  }
}

/** Changes to columns of the key whose values may have any length: MySQL has no unique index on them. */
function boundedColumns({ schema, conflict }: TablePlan, columns: readonly MysqlColumn[]): string[] {
  const { fold, quote, declaredType } = mysqlDialect;
  return conflict.key.flatMap((name) => {
    const there = columns.find((each) => fold(each.name) === fold(name)) as MysqlColumn;
    const type = declaredType((schema.columns[name] as Column).type, true);
    if (!/(text|blob)$/.test(there.base) || !/^var/.test(type)) return [];
    return [`MODIFY COLUMN ${quote(name)} ${type}${there.notNull ? ' NOT NULL' : ''}`];
  });
}

function preparedTable(plan: TablePlan, sql: string, there: TableThere): PreparedTable {
  const { fold } = mysqlDialect;
  const memberColumns: MemberColumn[] = [];
  const columns: WireColumn[] = Object.entries(plan.schema.columns).map(([name, { type }]) => {
    const column = there.columns.find((each) => fold(each.name) === fold(name)) as MysqlColumn;
    const members = membersOf(column.declared);
    if (members !== undefined) memberColumns.push({ name, members });
    return { name, type, wire: wireInto(type, column.base) };
  });
  if (plan.identityColumn !== undefined) {
    columns.push({ name: plan.identityColumn, type: 'identity', wire: 'blob' });
  }
  return { plan, sql, columns, memberColumns, insert: insertText(plan, sql) };
}
