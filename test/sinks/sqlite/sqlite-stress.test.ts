/**
 * The SQLite sink when things around it go wrong: other processes lock the file, the disk is full, the file is
 * taken away, replaced or damaged, its tables change. No row is lost silently, and when all is well again writes pass.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SinkError } from '../../../dist/src/errors.js';
import { createBatchFlow, defineSchema, t } from '../../../dist/src/index.js';
import { batchOf } from '../../../dist/src/schema/batch-of.js';
import type { Batch } from '../../../dist/src/schema/read/batch.js';
import { SentRows } from '../../../dist/src/sinks/sql/sent-rows.js';
import { SkippedRows } from '../../../dist/src/sinks/sql/skipped-rows.js';
import { plansOf, type TablePlan } from '../../../dist/src/sinks/sql/table-plan.js';
import { whileBusy } from '../../../dist/src/sinks/sqlite/busy-wait.js';
import { type SqliteOptions, sqlite } from '../../../dist/src/sinks/sqlite/index.js';
import { type SqliteSettings, settingsOf } from '../../../dist/src/sinks/sqlite/options.js';
import { prepareTable } from '../../../dist/src/sinks/sqlite/prepare-table.js';
import factory from '../../../dist/src/sinks/sqlite/sink.js';
import { TableWriter } from '../../../dist/src/sinks/sqlite/table-writer.js';
import { Child } from '../../fixtures/child.js';
import { locksFound } from '../../fixtures/locks-found.js';
import { until } from '../../fixtures/until.js';

const Key = defineSchema('k', { id: t.int32(), v: t.string() });
/** The plan of its table. */
const planOf = ({ tables }: SqliteSettings) => plansOf([Key], tables)[0] as TablePlan;
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: from + i, v: 'x'.repeat(100) }));

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-stress-'));
  file = join(folder, 'events.db');
});
// After what the tests themselves clean up: connections are closed by then.
afterEach(() => onTestFinished(() => rmSync(folder, { recursive: true, force: true })));

/** The sink, opened; `write` is as a flusher calls it. */
async function open(options: Partial<SqliteOptions> = {}) {
  const settings = settingsOf({ file, ...options });
  const sink = factory.create(settings);
  const metrics = new Registry();
  await sink.open?.({ flusher: 1, options: settings, schemas: [Key], metrics });
  onTestFinished(() => sink.close?.());
  const write = (batch: Batch, signal = new AbortController().signal) =>
    sink.write(batch, { flusher: 1, options: settings, schema: Key, attempt: 1, signal, metrics });
  return {
    write,
    add: (from: number, count: number, signal?: AbortSignal) =>
      write(batchOf(Key, rows(from, count)), signal),
    classify: (error: unknown) => sink.classify?.(error),
    close: () => sink.close?.(),
  };
}

/** What a write throws at once; it must not wait. */
function failure(write: () => unknown): Error & { code?: string } {
  try {
    write();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was stored');
}

function connection(path = file) {
  const db = new Database(path);
  onTestFinished(() => void db.close());
  return db;
}

/** Run statements as another program would. */
function change(sql: string, path = file): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

/** How many rows another program finds, and how many different ones. */
function found(path = file): { rows: number; ids: number } {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare('SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM k').get() as never;
  } finally {
    db.close();
  }
}

const stored = (count: number) => ({ rows: count, ids: count });

/** A busy timeout that does not end within a test: only the lock's release, or a stop, ends a wait. */
const patient = { busyTimeoutMs: 3_600_000 };

/** Another process that holds the file's lock until it is told to release it. */
async function locked(mode: 'IMMEDIATE' | 'EXCLUSIVE') {
  const holder = new Child('lock-holder.mjs', [file, mode]);
  await holder.says();
  return {
    release: async () => {
      holder.tell({});
      await holder.says();
    },
  };
}

describe('a file that another process has locked', () => {
  it('for a while costs a flow nothing but time', async () => {
    await using flow = await createBatchFlow({
      schema: Key,
      sink: sqlite({ file, ...patient }),
      ...{ flushSize: 100, bufferSize: 1000, maxConcurrentFlushes: 2 },
    });
    const holder = await locked('IMMEDIATE');
    let pushed = 0;
    while (flow.push(rows(pushed, 1)[0] as { id: number; v: string })) pushed++;
    // The thread takes the second batch when the write of the first waits.
    await until(() => flow.stats().inFlight === 200, 'two writes that wait');
    expect(flow.stats()).toMatchObject({ accepted: pushed, committed: 0, pending: pushed });
    expect(found()).toEqual(stored(0));
    await holder.release();
    await flow.committed();
    expect(flow.stats()).toMatchObject({ committed: pushed, retries: 0, pending: 0 });
    expect(found()).toEqual(stored(pushed));
  });

  it('is waited for by a write until it is free, while timers and messages are heard', async () => {
    const sink = await open(patient);
    const holder = await locked('IMMEDIATE');
    const writes = [0, 100, 200].map((from) => sink.add(from, 100));
    // The holder hears this, and answers, through this thread's event loop.
    await holder.release();
    await Promise.all(writes);
    expect(found()).toEqual(stored(300));
  });

  it('is waited for no longer when the signal aborts, and nothing is stored later', async () => {
    const sink = await open(patient);
    const holder = await locked('IMMEDIATE');
    const controller = new AbortController();
    const reason = new Error('enough');
    const write = sink.add(0, 10, controller.signal);
    controller.abort(reason);
    // While the file is still locked.
    await expect(write).rejects.toBe(reason);
    await holder.release();
    await sink.add(10, 5);
    expect(found()).toEqual(stored(5));
  });

  it('does not hold up a flow that is to end: its thread can be stopped', async () => {
    const flow = await createBatchFlow({
      schema: Key,
      sink: sqlite({ file, ...patient }),
      flushIntervalMs: 1,
    });
    const holder = await locked('IMMEDIATE');
    for (const row of rows(0, 10)) flow.push(row);
    await until(() => flow.stats().inFlight > 0, 'the flush');
    // While the file is still locked.
    await flow.close({ timeoutMs: 100 });
    expect(flow.stats()).toMatchObject({ accepted: 10, committed: 0, pending: 0 });
    await holder.release();
    expect(found()).toEqual(stored(0));
  });

  const opened = [
    ['also when it may not even be read', 'CREATE TABLE k (id INTEGER, v TEXT)', 'EXCLUSIVE'],
    [
      'also when it is in WAL mode',
      'PRAGMA journal_mode = WAL; CREATE TABLE k (id INTEGER, v TEXT)',
      'IMMEDIATE',
    ],
  ] as const;
  it.each(opened)('is waited for when it is opened, %s', async (_, sql, mode) => {
    change(sql);
    const holder = await locked(mode);
    const locks = locksFound();
    const opening = open(patient);
    await until(() => locks() > 3, 'attempts to open it');
    await holder.release();
    const sink = await opening;
    await sink.add(0, 10);
    expect(found()).toEqual(stored(10));
  });

  it('within one cache (SQLITE_LOCKED) is waited for as well, and no other error is', async () => {
    let attempts = 0;
    const failing = (codes: string[]) => () => {
      const code = codes[attempts++];
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return attempts;
    };
    const never = Number.POSITIVE_INFINITY;
    expect(
      await whileBusy(failing(['SQLITE_LOCKED', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED_VTAB']), never),
    ).toBe(4);
    attempts = 0;
    await expect(whileBusy(failing(['SQLITE_BUSY', 'SQLITE_FULL']), never)).rejects.toThrow('SQLITE_FULL');
    attempts = 0;
    expect(() => whileBusy(failing(['SQLITE_FULL']), never)).toThrow('SQLITE_FULL');
    expect(attempts).toBe(1);
  });

  it('at the commit, as readers have it without WAL, is waited for too, with all that was undone', async () => {
    const settings = settingsOf({ file });
    const db = new Database(file, { timeout: 0 });
    onTestFinished(() => void db.close());
    db.exec('CREATE TABLE k (id INTEGER, v TEXT)');
    const writer = new TableWriter(db, planOf(settings));
    const reader = connection();
    reader.exec('BEGIN; SELECT * FROM k');
    let attempts = 0;
    const attempt = () => {
      attempts++;
      writer.write(SentRows.of(batchOf(Key, rows(0, 10))), new SkippedRows());
    };
    const write = whileBusy(attempt, Number.POSITIVE_INFINITY);
    expect(write).toBeInstanceOf(Promise);
    await until(() => attempts > 3, 'some attempts');
    expect(db.inTransaction).toBe(false);
    reader.exec('COMMIT');
    await write;
    expect(found()).toEqual(stored(10));
  });
});

const limitBytes = 2 ** 20;
const prlimit = 'prlimit';
/** Runs a command that can let no file grow past the limit. The hard limit stays, so that it can be raised again. */
const limited = [prlimit, `--fsize=${limitBytes}:`];
function raiseLimit(pid: number): void {
  const { status, stderr } = spawnSync(prlimit, ['--pid', String(pid), '--fsize=unlimited:']);
  expect(`${status} ${stderr}`).toBe('0 ');
}

const hasPrlimit = spawnSync(prlimit, ['--version']).status === 0;
if (!hasPrlimit)
  console.log('skipped: a full disk, which is played with prlimit (of util-linux); it is not here');
// Where the tests must be complete, a missing prlimit makes them fail.
const mustRun = process.platform === 'linux' && Boolean(process.env.CI);

describe.skipIf(!hasPrlimit && !mustRun)('a disk that is full', () => {
  it('fails the write as a whole, and when there is room again the same write passes', async () => {
    const writer = new Child('sqlite-writer.mjs', [file], limited);
    expect(await writer.says()).toEqual({ ready: true });
    const write = async (from: number) => {
      writer.tell({ from, rows: 1000 });
      return await writer.says<{ stored?: number; code?: string; message?: string; verdict?: string }>();
    };
    let from = 0;
    let answer = await write(from);
    while (answer.stored === 1000 && from < 100_000) {
      from += 1000;
      answer = await write(from);
    }
    expect(from).toBeGreaterThan(0);
    // Past a limit of the file's size it is an I/O error, on a full disk SQLITE_FULL.
    expect(answer).toMatchObject({
      code: 'SQLITE_IOERR_WRITE',
      verdict: 'retry',
      message: expect.stringContaining(`table "k" in ${basename(file)}: disk I/O error (SQLITE_IOERR_WRITE)`),
    });
    expect(found()).toEqual(stored(from));
    expect(await write(from)).toMatchObject({ verdict: 'retry' });
    expect(found()).toEqual(stored(from));
    raiseLimit(writer.pid);
    expect(await write(from)).toEqual({ stored: 1000 });
    expect(await write(from + 1000)).toEqual({ stored: 1000 });
    writer.tell({ from: 0, rows: 0 });
    await expect(writer.says()).rejects.toThrow('ended');
    expect(found()).toEqual(stored(from + 2000));
    expect(connection().pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('costs a flow nothing but time', async () => {
    const child = new Child('flow-under-limit.mjs', [file], limited);
    expect(await child.says()).toEqual({ ready: true });
    child.tell({ rows: 20_000 });
    await until(() => statSync(`${file}-wal`).size >= limitBytes, 'the disk to be full');
    raiseLimit(child.pid);
    expect(await child.says()).toEqual({ accepted: 20_000, committed: 20_000, pending: 0 });
    expect(found()).toEqual(stored(20_000));
  });
});

// Elsewhere an open file can be neither deleted nor replaced.
describe.skipIf(process.platform === 'win32')('a file that is open', () => {
  function expectGone(sink: Awaited<ReturnType<typeof open>>, error: Error, path = file): void {
    expect(error).toBeInstanceOf(SinkError);
    expect(error.message).toContain(
      `the SQLite file ${basename(path)} was deleted or replaced while it was open`,
    );
    expect(sink.classify(error)).toBe('retry');
  }

  it('and is deleted fails every write from then on', async () => {
    const sink = await open();
    sink.add(0, 10);
    for (const suffix of ['', '-wal', '-shm']) unlinkSync(file + suffix);
    for (let i = 0; i < 3; i++)
      expectGone(
        sink,
        failure(() => sink.add(10, 10)),
      );
  });

  it('and is moved away gets no more rows, until it is back', async () => {
    const sink = await open();
    sink.add(0, 10);
    renameSync(file, `${file}.old`);
    expectGone(
      sink,
      failure(() => sink.add(10, 10)),
    );
    expectGone(
      sink,
      failure(() => sink.add(10, 10)),
    );
    renameSync(`${file}.old`, file);
    expect(found()).toEqual(stored(10));
    sink.add(10, 10);
    expect(found()).toEqual(stored(20));
  });

  it('and is replaced fails every write, and the other file is left alone', async () => {
    const sink = await open();
    sink.add(0, 10);
    const other = join(folder, 'other.db');
    change('CREATE TABLE k (id INTEGER, v TEXT)', other);
    // A log that were left behind would be taken for the new file's.
    for (const suffix of ['-wal', '-shm']) unlinkSync(file + suffix);
    renameSync(other, file);
    for (let i = 0; i < 3; i++)
      expectGone(
        sink,
        failure(() => sink.add(10, 10)),
      );
    sink.close();
    expect(found()).toEqual(stored(0));
  });

  it('and is deleted during a transaction fails that one', async () => {
    const sink = await open();
    const batch = new Proxy(batchOf(Key, rows(0, 10)), {
      get(target, key) {
        if (key === 'columns') rmSync(file, { force: true });
        return Reflect.get(target, key, target);
      },
    });
    expectGone(
      sink,
      failure(() => sink.write(batch)),
    );
  });

  it('and loses its write-ahead log fails the write whose rows were in it', async () => {
    const sink = await open();
    unlinkSync(`${file}-wal`);
    expectGone(
      sink,
      failure(() => sink.add(0, 10)),
      `${file}-wal`,
    );
  });

  it('by a link that comes to point elsewhere fails every write', async () => {
    const [real, other] = [join(folder, 'real.db'), join(folder, 'other.db')];
    for (const path of [real, other]) change('CREATE TABLE k (id INTEGER, v TEXT)', path);
    symlinkSync(real, file);
    const sink = await open();
    sink.add(0, 10);
    expect(found(real)).toEqual(stored(10));
    unlinkSync(`${real}-wal`);
    expectGone(
      sink,
      failure(() => sink.add(10, 10)),
      `${real}-wal`,
    );
    unlinkSync(file);
    symlinkSync(other, file);
    expectGone(
      sink,
      failure(() => sink.add(10, 10)),
    );
  });
});

describe('a file that is damaged', () => {
  function overwrite(from: number, to: number): void {
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(to - from, 0xa5), 0, to - from, from);
    closeSync(fd);
  }

  it('in the middle fails the write that meets it, and takes rows again when a copy is restored', async () => {
    const first = await open({ conflictColumns: ['id'] });
    first.add(0, 10_000);
    first.close();
    const copy = join(folder, 'copy.db');
    copyFileSync(file, copy);
    overwrite(3 * 4096, statSync(file).size - 4096);
    const sink = await open({ conflictColumns: ['id'] });
    const error = failure(() => sink.add(10_000, 1000));
    expect(error).toMatchObject({ code: expect.stringMatching(/^SQLITE_CORRUPT/), name: 'SqliteWriteError' });
    expect(error.message).toContain(`table "k" in ${basename(file)}: database disk image is malformed`);
    expect(error.message).toContain('the file is damaged: restore a copy');
    expect(sink.classify(error)).toBe('retry');
    sink.close();
    copyFileSync(copy, file);
    const again = await open({ conflictColumns: ['id'] });
    again.add(10_000, 1000);
    expect(found()).toEqual(stored(11_000));
  });

  it('at its very begin, while it is open, fails the writes', async () => {
    const sink = await open();
    sink.add(0, 10);
    // Another program's commit makes the sink read the file anew, and what it reads is no more in the log.
    change('INSERT INTO k VALUES (10, 1); PRAGMA wal_checkpoint(TRUNCATE)');
    overwrite(0, 100);
    const error = failure(() => sink.add(11, 10));
    expect(error.message).toContain(
      `table "k" in ${basename(file)}: file is not a database (SQLITE_NOTADB); the file is damaged`,
    );
    expect(error.code).toBe('SQLITE_NOTADB');
    expect(sink.classify(error)).toBe('retry');
  });

  it('in its schema is not opened, and the error names the file', async () => {
    const first = await open();
    first.close();
    overwrite(100, 4096);
    const error = await open().catch((cause: unknown) => cause as Error);
    expect(error).toBeInstanceOf(SinkError);
    expect((error as Error).message).toContain(`file ${file}: database disk image is malformed`);
  });

  it('or must not be written is no fault of the table', () => {
    change('CREATE TABLE other (id INTEGER)');
    const db = new Database(file, { readonly: true });
    onTestFinished(() => void db.close());
    expect(failure(() => prepareTable(db, planOf(settingsOf({ file })), false)).code).toBe('SQLITE_READONLY');
  });
});

describe('a table that changes while it is open', () => {
  const changes: [
    what: string,
    change: string,
    undo: string,
    code: string,
    verdict: string,
    message: string,
  ][] = [
    [
      'loses a column',
      'ALTER TABLE k DROP COLUMN v',
      'ALTER TABLE k ADD COLUMN v TEXT',
      'SQLITE_ERROR',
      'retry',
      ': table k has no column named v (SQLITE_ERROR)',
    ],
    [
      'has a column renamed',
      'ALTER TABLE k RENAME COLUMN v TO w',
      'ALTER TABLE k RENAME COLUMN w TO v',
      'SQLITE_ERROR',
      'retry',
      ': table k has no column named v (SQLITE_ERROR)',
    ],
    [
      'is renamed',
      'ALTER TABLE k RENAME TO k2',
      'ALTER TABLE k2 RENAME TO k',
      'SQLITE_ERROR',
      'retry',
      ': no such table: k (SQLITE_ERROR)',
    ],
    [
      'is dropped',
      'CREATE TABLE k2 AS SELECT * FROM k; DROP TABLE k',
      'CREATE TABLE k AS SELECT * FROM k2',
      'SQLITE_ERROR',
      'retry',
      ': no such table: k (SQLITE_ERROR)',
    ],
    [
      'becomes a view',
      'ALTER TABLE k RENAME TO k2; CREATE VIEW k AS SELECT * FROM k2',
      'DROP VIEW k; ALTER TABLE k2 RENAME TO k',
      'SQLITE_ERROR',
      'retry',
      ': cannot modify k because it is a view (SQLITE_ERROR)',
    ],
    [
      'gets a column that must not be NULL',
      `ALTER TABLE k RENAME TO k2; CREATE TABLE k (id INTEGER, v TEXT, w TEXT NOT NULL);
       INSERT INTO k SELECT id, v, 'w' FROM k2`,
      'ALTER TABLE k DROP COLUMN w',
      'ERR_SINK',
      'retry',
      ' has a NOT NULL column "w" without a default, and the schema lacks it',
    ],
  ];
  it.each(changes)(
    'and %s fails the writes until it is put back',
    async (_, sql, undo, code, verdict, message) => {
      const sink = await open();
      sink.add(0, 1000);
      change(sql);
      // Statements that were prepared before, and those that are new.
      for (const count of [1000, 1, 1000, 16]) {
        const error = failure(() => sink.add(1000, count));
        expect(error.message).toBe(`table "k" in ${basename(file)}${message}`);
        expect(error.code).toBe(code);
        expect(sink.classify(error)).toBe(verdict);
      }
      change(undo);
      expect(found()).toEqual(stored(1000));
      for (const count of [1000, 1, 16]) sink.add(found().rows, count);
      expect(found()).toEqual(stored(2017));
    },
  );

  it('and loses its key fails the writes until it has it again', async () => {
    change('CREATE TABLE k (id INTEGER, v TEXT); CREATE UNIQUE INDEX i ON k (id)');
    const sink = await open({ conflict: 'ignore', conflictColumns: ['id'] });
    sink.add(0, 10);
    change('DROP INDEX i');
    for (let i = 0; i < 2; i++) {
      const error = failure(() => sink.add(0, 20));
      expect(error.message).toContain('ON CONFLICT clause does not match');
      expect(sink.classify(error)).toBe('retry');
    }
    change('CREATE UNIQUE INDEX i ON k (id)');
    sink.add(0, 20);
    expect(found()).toEqual(stored(20));
  });

  it('and gets more columns, indexes or a trigger takes rows as before', async () => {
    const sink = await open();
    sink.add(0, 100);
    change("ALTER TABLE k ADD COLUMN w TEXT NOT NULL DEFAULT 'w'; CREATE UNIQUE INDEX i ON k (id); VACUUM");
    sink.add(100, 100);
    expect(found()).toEqual(stored(200));
    expect(failure(() => sink.add(199, 100))).toMatchObject({
      code: 'SQLITE_CONSTRAINT_UNIQUE',
      message: `table "k" in ${basename(file)}: UNIQUE constraint failed: k.id (SQLITE_CONSTRAINT_UNIQUE)`,
    });
    expect(found()).toEqual(stored(200));
  });
});
