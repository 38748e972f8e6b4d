/**
 * Names by which the server keeps statements of a connection.
 *
 * Behind a pooler each transaction may meet another connection of the server, which lacks the statement, or has one of
 * that name from another client. Then statements have no names any more: rows are stored as before, and each batch
 * costs the reading of its statement.
 */
import { messageOf } from '../../describe.js';
import { sqlState } from '../../target-errors/sqlstate.js';
import type { PreparedTable } from './prepared-table.js';

/** There is no statement of that name; there is one already. */
const refusals: ReadonlySet<string | undefined> = new Set(['26000', '42P05']);

export class StatementNames {
  /** @param areUsed whether the options ask for names. */
  constructor(
    private areUsed: boolean,
    private readonly warn: (text: string) => void,
  ) {}

  /** The name of a table's statement; '' for none. */
  nameOf({ statementName }: PreparedTable): string {
    return this.areUsed ? statementName : '';
  }

  /** Whether an error says that names do not work here; then none is used from now on. */
  areRefusedBy(error: unknown, name: string): boolean {
    if (name === '' || !refusals.has(sqlState(error))) return false;
    if (this.areUsed) {
      this.warn(
        `statements cannot be kept by name, as a pooler stands before the server: ${messageOf(error)}; ` +
          'the sink goes on as with prepare: false',
      );
    }
    this.areUsed = false;
    return true;
  }
}
