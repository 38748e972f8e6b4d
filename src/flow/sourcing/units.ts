/**
 * The units of a source that are under way, and when each has ended: no promise and no message for a row.
 *
 *     begin ─▶ rows are pushed ─▶ done ─▶ all rows have ended, in any order of units ─▶ acknowledged
 *                                      └▶ the flow stops, or `run` fails, before that ─▶ handed back
 *
 * A unit counts the blocks in which it has rows that have not ended; each block has a list of such units, in order. One
 * wait on the signal of settled rows serves all of them.
 */
import { FlowClosedError } from '../../errors.js';
import type { Counters, sourceCell } from '../../metrics/cells/counters.js';
import type { RefusedInput, Source } from '../../source.js';
import type { AwaitedRows } from '../producer/unsettled-blocks.js';
import { flowState, type LiveSettings } from '../shared/live-settings.js';
import { deferred } from '../waiting/deferred.js';
import type { SourceProducers } from './source-producers.js';
import { Unit, type UnitEnds } from './unit.js';

export interface UnitTools {
  /** The flow's name. */
  readonly flow: string;
  readonly source: Pick<Source, 'acknowledge' | 'handBack' | 'working'>;
  readonly producers: SourceProducers;
  readonly settings: LiveSettings;
  readonly counters: Counters<typeof sourceCell>;
  /** The source's code has thrown something. */
  readonly trouble: (what: string, error: unknown) => void;
  /** Keep what is no row. @returns a promise where too many wait. */
  readonly refused: (unit: Unit, refused: RefusedInput) => Promise<void> | undefined;
}

export class Units implements UnitEnds {
  /** Those that are neither acknowledged nor handed back, and are not about to be. */
  readonly #underWay = new Set<Unit>();
  /** Those that have ended and wait for the source's `acknowledge`. */
  #ended: Unit[] = [];
  /** Number of units with rows that have not ended, of those that are done. */
  #waiting = 0;
  #watching = false;
  #looksSoon = false;
  #acknowledging = false;
  #takesNoMore = false;
  #idle = deferred();
  #tick = 0;

  constructor(private readonly tools: UnitTools) {}

  /** @throws FlowClosedError after `takeNoMore`. */
  begin(value: unknown): Unit {
    const { producers, counters, flow } = this.tools;
    if (this.#takesNoMore) throw new FlowClosedError(flow);
    const from = producers.opened.map(({ producer }) => producer.nextRow);
    const unit = new Unit(value, from, this.#tick, this);
    this.#underWay.add(unit);
    counters.add('received', 1);
    return unit;
  }

  refuse(unit: Unit, refused: RefusedInput): Promise<void> | undefined {
    if (unit.isDone || !this.#underWay.has(unit)) throw new Error('refuse() after the unit was done');
    const room = this.tools.refused(unit, refused);
    unit.letters++;
    return room;
  }

  done(unit: Unit): void {
    if (unit.isDone || !this.#underWay.has(unit)) return;
    unit.isDone = true;
    this.tools.producers.opened.forEach(({ producer, first }, i) => {
      producer.awaitEnds(unit.from[i] ?? first, unit);
    });
    if (unit.blocks > 0) {
      this.#waiting++;
      this.#watch();
    }
    this.endIfDue(unit);
  }

  /** Acknowledge a unit if all that it brought has ended. */
  endIfDue(unit: Unit): void {
    if (unit.hasEnded) this.#end([unit]);
  }

  /** Call `working` for units that have been under way for a whole interval. */
  async tick(): Promise<void> {
    const { source, trouble } = this.tools;
    const late = [...this.#underWay].filter(({ tick }) => tick < this.#tick).map(({ unit }) => unit);
    this.#tick++;
    if (late.length === 0) return;
    try {
      await source.working?.(late);
    } catch (error) {
      trouble('working', error);
    }
  }

  /** Resolves when no unit is under way. */
  async allEnded(): Promise<void> {
    while (!this.#isIdle) {
      this.#idle = deferred();
      await this.#idle.promise;
    }
  }

  /** No unit begins any more. Those that are not done are handed back: the source that began them has ended. */
  takeNoMore(): Promise<void> {
    this.#takesNoMore = true;
    return this.handBackUnfinished();
  }

  /** Hand back one that is not done: what was to push its rows has failed. */
  handBackOne(unit: Unit): Promise<void> {
    return this.#handBack((each) => each === unit && !each.isDone);
  }

  /** Hand back those that are not done: what was to push their rows has failed. */
  handBackUnfinished(): Promise<void> {
    return this.#handBack(({ isDone }) => !isDone);
  }

  /** Hand back all that are under way: the flow has stopped. */
  async handBackAll(): Promise<void> {
    await this.#handBack(() => true);
    await this.allEnded();
  }

  get #isIdle(): boolean {
    return this.#underWay.size === 0 && !this.#acknowledging;
  }

  async #handBack(which: (unit: Unit) => boolean): Promise<void> {
    const { source, counters, trouble } = this.tools;
    const units = [...this.#underWay].filter(which);
    for (const unit of units) this.#underWay.delete(unit);
    if (units.length > 0) {
      try {
        await source.handBack?.(units.map(({ unit }) => unit));
      } catch (error) {
        trouble('handBack', error);
      }
      counters.add('handedBack', units.length);
    }
    if (this.#isIdle) this.#idle.resolve();
  }

  /** Look after each signal of settled rows, and once soon: what has ended before the unit was done gives no signal. */
  #watch(): void {
    if (!this.#looksSoon && this.#watching) {
      this.#looksSoon = true;
      process.nextTick(() => {
        this.#looksSoon = false;
        this.#look();
      });
    }
    if (this.#watching) return;
    this.#watching = true;
    // Any of them: the signal is the ring's.
    void this.tools.producers.opened[0]?.producer.watchEnds(() => {
      this.#look();
      this.#watching = this.#waiting > 0 && !this.#hasStopped;
      return !this.#watching;
    });
  }

  #look(): void {
    const ended: Unit[] = [];
    const settled = (of: AwaitedRows) => {
      this.#waiting--;
      const unit = of as Unit;
      if (unit.hasEnded) ended.push(unit);
    };
    for (const { producer } of this.tools.producers.opened) producer.takeEnded(settled);
    this.#end(ended);
  }

  #end(units: readonly Unit[]): void {
    // ORDER: the state after the look at settled rows. Rows that a stopped flow hands back are settled, too, and after
    // the state was stored: where the look has seen one of those, this one sees the state.
    if (units.length === 0 || this.#hasStopped) return;
    for (const unit of units) if (this.#underWay.delete(unit)) this.#ended.push(unit);
    if (!this.#acknowledging) void this.#acknowledge();
  }

  get #hasStopped(): boolean {
    return this.tools.settings.state === flowState.stopped;
  }

  async #acknowledge(): Promise<void> {
    const { source, counters, trouble } = this.tools;
    this.#acknowledging = true;
    while (this.#ended.length > 0) {
      const units = this.#ended;
      this.#ended = [];
      try {
        await source.acknowledge(units.map(({ unit }) => unit));
        counters.add('acknowledged', units.length);
      } catch (error) {
        counters.add('handedBack', units.length);
        trouble('acknowledge', error);
      }
    }
    this.#acknowledging = false;
    if (this.#isIdle) this.#idle.resolve();
  }
}
