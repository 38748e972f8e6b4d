/**
 * What errors of SQLite mean for the rows: by its codes, and by errors that the driver really throws.
 */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ConfigError, SinkError } from '../../../dist/src/errors.js';
import { defineSchema, t } from '../../../dist/src/index.js';
import { classifySqliteError } from '../../../dist/src/sinks/sqlite/index.js';
import { writeError } from '../../../dist/src/sinks/sqlite/write-error.js';

/** Every code that better-sqlite3 can name, but for those that are no errors. */
const codes = {
  retry: [
    'BUSY BUSY_RECOVERY BUSY_SNAPSHOT LOCKED LOCKED_SHAREDCACHE LOCKED_VTAB PROTOCOL INTERRUPT FULL NOMEM',
    'IOERR IOERR_READ IOERR_SHORT_READ IOERR_WRITE IOERR_FSYNC IOERR_DIR_FSYNC IOERR_TRUNCATE IOERR_FSTAT',
    'IOERR_UNLOCK IOERR_RDLOCK IOERR_DELETE IOERR_BLOCKED IOERR_NOMEM IOERR_ACCESS IOERR_CHECKRESERVEDLOCK',
    'IOERR_LOCK IOERR_CLOSE IOERR_DIR_CLOSE IOERR_SHMOPEN IOERR_SHMSIZE IOERR_SHMLOCK IOERR_SHMMAP IOERR_SEEK',
    'IOERR_DELETE_NOENT IOERR_MMAP IOERR_GETTEMPPATH IOERR_CONVPATH IOERR_VNODE IOERR_AUTH IOERR_BEGIN_ATOMIC',
    'IOERR_COMMIT_ATOMIC IOERR_ROLLBACK_ATOMIC IOERR_DATA IOERR_CORRUPTFS IOERR_IN_PAGE CANTOPEN',
    'CANTOPEN_NOTEMPDIR CANTOPEN_ISDIR CANTOPEN_FULLPATH CANTOPEN_CONVPATH CANTOPEN_DIRTYWAL CANTOPEN_SYMLINK',
    'CORRUPT CORRUPT_VTAB CORRUPT_SEQUENCE CORRUPT_INDEX NOTADB READONLY READONLY_RECOVERY READONLY_CANTLOCK',
    'READONLY_ROLLBACK READONLY_DBMOVED READONLY_CANTINIT READONLY_DIRECTORY PERM AUTH AUTH_USER SCHEMA ERROR',
    'ERROR_MISSING_COLLSEQ ERROR_RETRY ERROR_SNAPSHOT',
  ],
  fatal: [
    'CONSTRAINT CONSTRAINT_CHECK CONSTRAINT_COMMITHOOK CONSTRAINT_FOREIGNKEY CONSTRAINT_FUNCTION',
    'CONSTRAINT_NOTNULL CONSTRAINT_PRIMARYKEY CONSTRAINT_TRIGGER CONSTRAINT_UNIQUE CONSTRAINT_VTAB',
    'CONSTRAINT_ROWID CONSTRAINT_PINNED CONSTRAINT_DATATYPE MISMATCH TOOBIG RANGE',
  ],
  undefined: ['INTERNAL ABORT ABORT_ROLLBACK NOTFOUND EMPTY MISUSE NOLFS FORMAT NOTICE WARNING'],
};

describe('a code of SQLite', () => {
  for (const [verdict, lists] of Object.entries(codes)) {
    it(`means ${verdict}`, () => {
      for (const code of lists.join(' ').split(' ')) {
        const error = Object.assign(new Error('whatever'), { code: `SQLITE_${code}` });
        expect(`${code} ${classifySqliteError(error)}`).toBe(`${code} ${verdict}`);
      }
    });
  }
});

describe('an error', () => {
  function thrownBy(sql: string, ...values: unknown[]): unknown {
    const db = new Database(':memory:');
    try {
      db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, j TEXT, x AS (j ->> 'x') STORED, n INT CHECK (abs(n) >= 0));
        CREATE TABLE strict (i INT NOT NULL) STRICT;
        CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.id = 13 BEGIN SELECT RAISE(ABORT, 'not 13'); END`);
      db.prepare(sql).run(...values);
    } catch (error) {
      return error;
    } finally {
      db.close();
    }
    throw new Error(`"${sql}" passed`);
  }

  const errors: [string, unknown, string | undefined][] = [
    ['a missing table', thrownBy('INSERT INTO nope VALUES (1)'), 'retry'],
    ['a missing column', thrownBy('INSERT INTO t (nope) VALUES (1)'), 'retry'],
    ['a trigger that raises', thrownBy('INSERT INTO t (id) VALUES (13)'), 'fatal'],
    ['a text for a row number', thrownBy("INSERT INTO t (id) VALUES ('x')"), 'fatal'],
    ['a text in a STRICT table', thrownBy("INSERT INTO strict VALUES ('x')"), 'fatal'],
    ['NULL', thrownBy('INSERT INTO strict VALUES (NULL)'), 'fatal'],
    ['a value that is too big', thrownBy('INSERT INTO t (j) VALUES (zeroblob(1000000001))'), 'fatal'],
    ['a text that a generated column needs as JSON', thrownBy("INSERT INTO t (j) VALUES ('{')"), 'fatal'],
    ['a number that a CHECK cannot compute', thrownBy(`INSERT INTO t (n) VALUES (${-(2n ** 63n)})`), 'fatal'],
    ['a value that cannot be bound', thrownBy('INSERT INTO t (j) VALUES (?)', [{}]), undefined],
    ['too few values', thrownBy('INSERT INTO t (j) VALUES (?)'), undefined],
    ['a file that was deleted', new SinkError('the SQLite file … was deleted'), 'retry'],
    ['another error of the package', new ConfigError('a', 1, 'b'), undefined],
    ["another library's code", Object.assign(new Error('x'), { code: 'ECONNRESET' }), undefined],
    ['a code that is no text', { code: 5 }, undefined],
    ['a text', 'SQLITE_BUSY', undefined],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
  ];
  it.each(errors)('of %s: as thrown, and as the sink tells it', (_, error, verdict) => {
    expect(classifySqliteError(error)).toBe(verdict);
    expect(classifySqliteError(writeError(error, 't', defineSchema('t', { i: t.int32() }), '/a/b.db'))).toBe(
      verdict,
    );
  });
});
