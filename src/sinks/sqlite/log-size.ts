/**
 * Keeping the write-ahead log of a database short, and showing its length.
 *
 * SQLite writes over the log once all of it is in the database and no reader needs it. A reader of an old state
 * makes it grow for as long as it stays, and SQLite never shortens the file by itself. So its length has a limit,
 * which a commit enforces when it begins the log anew, and a timer does where no commit comes.
 */
import type Sqlite from 'better-sqlite3';
import { promClient } from '../../metrics/read/prom-client.js';
import type { MetricsRegistry } from '../../sink.js';
import type { OpenedFile } from './opened-file.js';

/** Several times what the log usually takes: SQLite copies it into the database at 1000 pages, which are 4 MiB. */
const limitBytes = 16 * 1024 * 1024;
const everyMs = 1000;

export class LogSize {
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;

  /** @param changed is called when the log has become shorter without a commit. */
  constructor(
    private readonly db: Sqlite.Database,
    private readonly file: OpenedFile,
    private readonly changed: () => void = () => {},
  ) {
    db.pragma(`journal_size_limit = ${limitBytes}`);
  }

  /** Show the length of the log in a registry, by the file's name without its folder. */
  register(registry: MetricsRegistry, file: string): void {
    const bytes = () => this.#bytes;
    new (promClient().Gauge)({
      name: 'batchflow_sqlite_wal_bytes',
      help: 'Length of the write-ahead log of a SQLite file. Long-running readers make it grow.',
      labelNames: ['file'],
      // Each flusher has a connection to the same file.
      aggregator: 'max',
      registers: [registry],
      collect() {
        this.set({ file }, bytes());
      },
    });
  }

  /** Note the length of the log after a commit. */
  committed(bytes: number): void {
    this.#bytes = bytes;
    if (bytes > limitBytes && this.#timer === undefined) this.#later();
  }

  /** Stop the timer. SQLite's last connection removes the log; beside others it is shortened here. */
  close(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#truncate();
  }

  #later(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#truncate()) this.changed();
      else this.#later();
    }, everyMs).unref();
  }

  /** @returns false while a reader or a writer is in the way. */
  #truncate(): boolean {
    try {
      this.file.check();
      const [{ busy }] = this.db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: 0 | 1 }];
      this.#bytes = this.file.check();
      return busy === 0;
    } catch {
      // The next write meets the same trouble, and reports it.
      return false;
    }
  }
}
