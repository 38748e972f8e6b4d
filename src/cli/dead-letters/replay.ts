/**
 * `batchflow dead-letters replay`: gives letters to a sink again, and deletes those that it took.
 *
 * The sink commits first and the letter goes second: what fails in between costs a second delivery, never a row. A sink
 * with a column of identities stores the row once all the same.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../describe.js';
import { defaultRetry } from '../../flow/config/delivery.js';
import { refusedInputSchema } from '../../flow/delivery/dead-letter.js';
import { Delivery } from '../../flow/delivery/delivery.js';
import type { Load, RowFailure } from '../../flow/delivery/delivery-contract.js';
import { loadSink } from '../../flow/delivery/sink-loader.js';
import { SinkRegistry } from '../../flow/delivery/sink-registry.js';
import { errorData } from '../../flow/protocol/error-data.js';
import { batchOf } from '../../schema/batch-of.js';
import { identityBytes } from '../../schema/columns/row-identity.js';
import type { EventOf, Schema } from '../../schema/columns/schema.js';
import { columnsText, schemaOfText } from '../../schema/columns/schema-text.js';
import type { Batch } from '../../schema/read/batch.js';
import { identityOfText } from '../../schema/read/row-identities.js';
import { rowOfText } from '../../schema/read/row-text.js';
import type { Sink } from '../../sink.js';
import { ExpectedError } from '../expected-error.js';
import { sinkFor } from '../sink-options.js';
import { stopSignals } from '../stop-signals.js';
import { type LetterFile, type LetterGroup, type StoredLetter, withLetters } from './letter-file.js';
import { ReplayReport } from './replay-report.js';
import type { ReplaySettings } from './settings.js';

/** Letters that go out together, at most: so many, or so much text of rows. */
const maxRows = 1000;
const maxRowText = 16 * 2 ** 20;

/** @returns the exit code: 0 when every letter was delivered. */
export async function replay(settings: ReplaySettings): Promise<number> {
  const stop = stopSignals('a row that has just been delivered may be delivered again by the next replay');
  return withLetters(settings, 'write', async (letters) => {
    letters.checkIds(settings.ids ?? []);
    const { sink, create } = settings;
    if (!create && sink.kind === 'sqlite' && !existsSync(sink.file)) {
      throw new ExpectedError(`there is no file ${sink.file}; --create makes it`);
    }
    const report = new ReplayReport();
    try {
      for (const group of letters.groups(settings)) {
        if (stop.aborted) break;
        await new GroupReplay(letters, group, settings, report, stop).run();
      }
    } finally {
      // What was done is said even if something unforeseen ends it.
      report.print(stop);
    }
    return report.complete && !stop.aborted ? 0 : 1;
  });
}

/** A letter whose row can be read, and that row. */
interface Readable {
  readonly letter: StoredLetter;
  readonly event: EventOf<Schema>;
}

/** The replay of letters of one schema, by a sink that is opened for it. */
class GroupReplay {
  constructor(
    private readonly letters: LetterFile,
    private readonly group: LetterGroup,
    private readonly settings: ReplaySettings,
    private readonly report: ReplayReport,
    private readonly stop: AbortSignal,
  ) {}

  async run(): Promise<void> {
    const { report, stop, group } = this;
    if (group.schema === refusedInputSchema.name && group.columns === columnsText(refusedInputSchema)) {
      report.failed(group.schema, group.ids, 'no rows: a source could not read them, as "show" tells');
      return;
    }
    let schema: Schema;
    try {
      schema = schemaOfText(group.schema, group.columns);
    } catch (error) {
      report.failed(group.schema, group.ids, `their columns cannot be read: ${messageOf(error)}`);
      return;
    }
    const createTable = this.settings.create === true;
    const ref = sinkFor(this.settings, { schema: schema.name, createTable, requireServer: true });
    const context = { flusher: 1, options: ref.options };
    const metrics = new SinkRegistry();
    const sink = await loadSink(ref);
    try {
      await sink.open?.(metrics.addTo({ ...context, schemas: [schema] }));
    } catch (error) {
      // Their rows were not tried, so the letters stay as they are.
      report.failed(group.schema, group.ids, messageOf(error));
      return;
    }
    try {
      const delivery = new Delivery(sink, defaultRetry, { ...context, metrics, signal: stop });
      for (const chunk of this.#chunks()) {
        if (stop.aborted) return;
        await this.#deliver(delivery, schema, this.#readable(schema, chunk));
        // A synchronous sink lets no signal through by itself.
        await setImmediate();
      }
    } finally {
      await this.#close(sink);
    }
  }

  /** The letters in the order of their numbers, read when it is their turn. Some may be gone or another's by then. */
  *#chunks(): Generator<StoredLetter[]> {
    let chunk: StoredLetter[] = [];
    let rowText = 0;
    for (const id of this.group.ids) {
      const letter = this.letters.get(id);
      if (letter?.schema !== this.group.schema || letter.columns !== this.group.columns) continue;
      chunk.push(letter);
      rowText += letter.row.length;
      if (chunk.length < maxRows && rowText < maxRowText) continue;
      yield chunk;
      chunk = [];
      rowText = 0;
    }
    if (chunk.length > 0) yield chunk;
  }

  #readable(schema: Schema, chunk: readonly StoredLetter[]): Readable[] {
    const readable: Readable[] = [];
    for (const letter of chunk) {
      try {
        readable.push({ letter, event: rowOfText(schema, letter.row) });
      } catch (error) {
        this.#unreadable(letter, error);
      }
    }
    try {
      batchOf(schema, eventsOf(readable));
      return readable;
    } catch {
      // Some row does not fit its columns; which, each on its own can tell.
      return readable.filter((one) => {
        try {
          batchOf(schema, [one.event]);
          return true;
        } catch (error) {
          this.#unreadable(one.letter, error);
          return false;
        }
      });
    }
  }

  #unreadable({ id, schema }: StoredLetter, error: unknown): void {
    this.report.failed(schema, [id], `the row cannot be read: ${messageOf(error)}`);
  }

  async #deliver(delivery: Delivery, schema: Schema, readable: readonly Readable[]): Promise<void> {
    if (readable.length === 0) return;
    // Kept, since the delivery would take it for the sink's.
    let notDeleted: { error: unknown } | undefined;
    const load: Load = {
      schema,
      copy: (rows) => batchToReplay(schema, pick(readable, rows)),
      committed: (rows) => {
        this.report.replayed += rows.length;
        try {
          this.letters.delete(pick(readable, rows).map(({ letter }) => letter));
        } catch (error) {
          notDeleted ??= { error };
        }
      },
    };
    const failures = await delivery.deliver(load, [...readable.keys()]);
    if (notDeleted !== undefined) {
      this.report.trouble('letters whose rows were delivered could not be deleted; do not replay them again');
      throw notDeleted.error;
    }
    // What a stop has cut short has not failed.
    if (!this.stop.aborted) this.#failedAgain(readable, failures);
  }

  #failedAgain(readable: readonly Readable[], failures: readonly RowFailure[]): void {
    const failedAt = Date.now();
    const again = failures.map(({ row, error, attempts, reason, errorReason }) => {
      const { letter } = readable[row] as Readable;
      const { message, code = null } = errorData(error);
      this.report.failed(letter.schema, [letter.id], message);
      return { letter, failure: { reason, errorReason, attempts, failedAt, message, code } };
    });
    if (again.length > 0) this.letters.failedAgain(again);
  }

  async #close(sink: Sink): Promise<void> {
    try {
      await sink.close?.();
    } catch (error) {
      this.report.trouble(`the sink could not be closed: ${messageOf(error)}`);
    }
  }
}

function pick(readable: readonly Readable[], rows: readonly number[]): Readable[] {
  return rows.map((row) => readable[row] as Readable);
}

function eventsOf(readable: readonly Readable[]): EventOf<Schema>[] {
  return readable.map(({ event }) => event);
}

/** Rows with the identities that they had, so that a sink which keeps each row once knows them. */
function batchToReplay(schema: Schema, readable: readonly Readable[]): Batch {
  const identities = readable.map(
    ({ letter }) => identityOfText(letter.identity ?? '') ?? identityOf(letter),
  );
  return batchOf(schema, eventsOf(readable), Buffer.concat(identities));
}

/** A letter of version 0.1 has no identity; it gets one that is the same at each replay. */
function identityOf({ id, flow, schema, row, firstTriedAt }: StoredLetter): Uint8Array {
  const text = JSON.stringify([flow, schema, id, firstTriedAt, row]);
  return createHash('sha256').update(text).digest().subarray(0, identityBytes);
}
