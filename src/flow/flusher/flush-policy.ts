/**
 * When rows go out, and which: by size, by deadline, on demand, at the end.
 *
 *     size      flushSize rows of a schema wait, with dedupe as many keys; or of all schemas together, and then rows
 *               of each go out; or blocks are full and no other is free; or the high watermark is reached
 *     deadline  the first waiting row has waited flushIntervalMs; or rows were in flight when a flusher died
 *     flush     a flush() wants rows that are this old
 *     demand    a caller waits for the commit of one of the rows, and no flush of the schema is under way
 *     drain     the flow is closing
 *
 * A batch takes everything of its schema that waits, oldest block first, up to flushSize rows, or rows of flushSize
 * keys. So rows of several part-filled blocks that fall due together go out as one batch.
 */
import type { Trigger } from '../../metrics/read/flush-info.js';
import type { BlockClaims, Sighting } from '../../ring/block-claims.js';
import { before } from '../../ring/layout.js';
import { flowState, type LiveSettings } from '../shared/live-settings.js';
import { elapsedSince } from '../waiting/clock.js';
import type { Dedupe } from './dedupe.js';

/** What is to be done now. */
export interface Due {
  readonly schema: number;
  readonly trigger: Trigger;
  /** Blocks with waiting rows of the schema, oldest first. */
  readonly blocks: readonly Sighting[];
  /** How long the first row has waited, in ms. */
  readonly waitedMs: number;
  /** How long after its deadline the first row is, in ms; 0 for other triggers. */
  readonly lateMs: number;
}

/** What one look at the ring tells. */
export interface Look {
  readonly due: Due | undefined;
  /** Sealed blocks without waiting rows: to be freed. */
  readonly spent: readonly Sighting[];
  /** Nothing waits anywhere, apart from what is being flushed. */
  readonly empty: boolean;
  /** How many more rows would make a batch due. */
  readonly rowsToGo: number;
  /** Until the next deadline, in ms. */
  readonly sleepMs: number;
  /** Rows wait that are not to go out yet, whatever else comes. */
  readonly paused: boolean;
}

interface Queue {
  rows: number;
  since: number;
  sealed: boolean;
  /** Rows of it have been in flight before: their time is over, whatever `since` says of later ones. */
  again: boolean;
  blocks: Sighting[];
}

export class FlushPolicy {
  readonly #found: Sighting[] = [];
  /** Schemas of which rows waited when those of all together filled a batch; theirs have not gone out yet. */
  readonly #full = new Set<number>();

  /**
   * @param pauseMs how long nothing of a schema goes out, whatever waits.
   * @param highWatermark rows at which producers wait: no batch has to be full any more.
   * @param isWanted whether rows of a schema, in blocks that hold no full batch, are to go out at once.
   */
  constructor(
    private readonly claims: BlockClaims,
    private readonly settings: LiveSettings,
    private readonly pauseMs: (schema: number) => number = () => 0,
    private readonly isWanted: (schema: number, blocks: readonly Sighting[]) => boolean = () => false,
    private readonly dedupe?: Pick<Dedupe, 'keys'>,
    private readonly countsTogether = false,
    private readonly highWatermark = Number.POSITIVE_INFINITY,
  ) {}

  /** @param now the clock, in ms. */
  look(now: number): Look {
    // Before the survey: whatever was published before a flush was wanted is seen with it, and goes out together.
    const { flushSize, flushIntervalMs, flushUpTo, state } = this.settings;
    const freeBlocks = this.claims.survey(this.#found);
    const spent: Sighting[] = [];
    // By schema.
    const queues: (Queue | undefined)[] = [];
    for (const seen of this.#found) {
      if (seen.waiting === 0) spent.push(seen);
      else enqueue(queues, seen);
    }
    const together = this.countsTogether ? this.#together(queues, flushSize) : 0;
    const toWatermark = this.#toWatermark();
    let due: Due | undefined;
    let dueSince = 0;
    // A row that comes when none waits for a deadline is looked at, for its own.
    let rowsToGo = 1;
    let sleepMs = Number.POSITIVE_INFINITY;
    let waiting = false;
    let paused = false;
    for (let schema = 0; schema < queues.length; schema++) {
      const queue = queues[schema];
      if (queue === undefined) continue;
      const pauseMs = this.pauseMs(schema);
      if (pauseMs > 0) {
        paused = true;
        sleepMs = Math.min(sleepMs, pauseMs);
        continue;
      }
      const size = this.#size(schema, queue, flushSize);
      const waited = elapsedSince(queue.since, now);
      const lateMs = waited - flushIntervalMs;
      let trigger: Trigger | undefined;
      if (size >= flushSize || this.#full.has(schema)) trigger = 'size';
      else if (state === flowState.draining) trigger = 'drain';
      else if (flushUpTo !== undefined && !before(flushUpTo, queue.since)) trigger = 'flush';
      else if (lateMs >= 0 || queue.again) trigger = 'deadline';
      else if (toWatermark <= 0 || (freeBlocks === 0 && queue.sealed)) trigger = 'size';
      else if (this.isWanted(schema, queue.blocks)) trigger = 'demand';
      if (trigger === undefined) {
        const toGo = Math.min(flushSize - Math.max(size, together), toWatermark);
        rowsToGo = waiting ? Math.min(rowsToGo, toGo) : toGo;
        waiting = true;
        sleepMs = Math.min(sleepMs, -lateMs);
      } else if (due === undefined || before(queue.since, dueSince)) {
        due = {
          schema,
          trigger,
          blocks: queue.blocks,
          waitedMs: Math.max(waited, 0),
          lateMs: trigger === 'deadline' ? Math.max(lateMs, 0) : 0,
        };
        dueSince = queue.since;
      }
    }
    if (due !== undefined) this.#full.delete(due.schema);
    return { due, spent, empty: queues.length === 0, rowsToGo, sleepMs, paused };
  }

  /** How many rows are missing to the high watermark, by those that were seen. */
  #toWatermark(): number {
    if (this.highWatermark === Number.POSITIVE_INFINITY) return this.highWatermark;
    let rows = 0;
    for (const { waiting } of this.#found) rows += waiting;
    return this.highWatermark - rows;
  }

  /** How much of a batch all schemas have that may go out. When that fills one, the rows of each schema are to. */
  #together(queues: readonly (Queue | undefined)[], flushSize: number): number {
    const mayGo = [...queues.keys()].filter((schema) => queues[schema] && this.pauseMs(schema) <= 0);
    const size = mayGo.reduce(
      (sum, schema) => sum + this.#size(schema, queues[schema] as Queue, flushSize),
      0,
    );
    // Another flusher may have taken what waited.
    for (const schema of this.#full) if (queues[schema] === undefined) this.#full.delete(schema);
    if (size >= flushSize) for (const schema of mayGo) this.#full.add(schema);
    return size;
  }

  /** How much of a batch waits: rows, or the keys of rows that were read. */
  #size(schema: number, { rows, blocks }: Queue, flushSize: number): number {
    const keys = this.dedupe?.keys(schema);
    if (keys === undefined) return rows;
    keys.read(blocks, flushSize);
    return keys.count;
  }
}

function enqueue(queues: (Queue | undefined)[], seen: Sighting): void {
  const queue = queues[seen.schema];
  if (queue === undefined) {
    const { waiting: rows, since, sealed, deaths } = seen;
    queues[seen.schema] = { rows, since, sealed, again: deaths > 0, blocks: [seen] };
    return;
  }
  queue.rows += seen.waiting;
  queue.sealed ||= seen.sealed;
  queue.again ||= seen.deaths > 0;
  if (before(seen.since, queue.since)) queue.since = seen.since;
  queue.blocks.push(seen);
}
