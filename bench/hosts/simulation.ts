/**
 * Edges, streams, workers and a database, simulated by the protocol between them: messages are stored by a stream's
 * leader, pulled by workers as they have room, written, and acknowledged. A seed repeats a run.
 */
import { Random } from '../harness/random.js';
import { Agenda } from './agenda.js';
import type { Costs, Settings, SinkModel, Times } from './model.js';
import { Station, Stream } from './stations.js';
import { type Surroundings, Worker } from './worker.js';

/** What dies, once. */
export type Fault = 'none' | 'worker' | 'leader';

export interface Plan {
  readonly costs: Costs;
  readonly sink: SinkModel;
  readonly settings: Settings;
  readonly times: Times;
  /** Events that come in a second; undefined: as many as the streams take. */
  readonly perSecond?: number;
  readonly fault?: Fault;
  readonly faultMs?: number;
  readonly endMs: number;
  readonly seed: number;
}

export interface Outcome {
  /** Stored in the table in the second half of the time. */
  readonly eventsPerSecond: number;
  /** Events that are not in the table, at the edges and in the streams: the mean before the fault. */
  readonly usualLag: number;
  /**
   * From the fault until no message waits for its worker's death to be noticed, and the lag is what it was at most
   * before; Infinity: not by the end.
   */
  readonly recoveryMs: number;
}

const sampleMs = 100;

export function simulate(plan: Plan): Outcome {
  const { costs, sink, settings, times, perSecond, endMs } = plan;
  const agenda = new Agenda();
  const random = new Random(plan.seed);
  let acknowledged = 0;
  const around: Surroundings = {
    ...{ agenda, random, costs, settings, sink },
    database: new Station(agenda, random, sink.databaseLanes),
    acknowledged: () => void acknowledged++,
    orphans: 0,
  };
  const streams = Array.from(
    { length: settings.streams },
    () => new Stream(new Station(agenda, random, 1), costs.deliverMs, settings),
  );
  const edges = streams.map((stream) => new Edges(around, stream));
  const intervalMs = perSecond === undefined ? 0 : (1000 * settings.rows * streams.length) / perSecond;
  for (const each of edges) each.begin(intervalMs);
  const workerOf = (i: number) => new Worker(around, streamsOf(streams, i, settings.workers));
  const first = workerOf(0);
  for (let i = 1; i < settings.workers; i++) workerOf(i);

  const { fault = 'none', faultMs = endMs } = plan;
  agenda.at(faultMs, () => {
    if (fault === 'leader') streams[0]?.leader.stand(agenda.now + times.electionMs);
    if (fault !== 'worker') return;
    first.die();
    agenda.after(times.bootMs, () => workerOf(0));
  });

  const lag: number[] = [];
  let orphansUntil = faultMs;
  let half = 0;
  for (let at = sampleMs; at <= endMs; at += sampleMs) {
    agenda.runTo(at);
    if (at <= endMs / 2) half = acknowledged;
    const come = edges.reduce((sum, each) => sum + each.come, 0);
    lag.push((come - acknowledged) * settings.rows);
    if (around.orphans > 0) orphansUntil = at;
  }
  const eventsPerSecond = ((acknowledged - half) * settings.rows * 2000) / endMs;
  const at = Math.floor(faultMs / sampleMs);
  const before = lag.slice(Math.floor(at / 2), at);
  return {
    eventsPerSecond,
    usualLag: before.reduce((sum, rows) => sum + rows, 0) / before.length,
    recoveryMs: Math.max(orphansUntil - faultMs, sampleMs * recovery(before, lag.slice(at))),
  };
}

/** Samples until the lag, from its peak, is back at what it was at most before. */
function recovery(before: readonly number[], after: readonly number[]): number {
  const usualMost = 1.5 * Math.max(...before);
  const most = Math.max(...after);
  if (!(most > usualMost)) return 0;
  const peak = after.indexOf(most);
  const back = after.findIndex((rows, i) => i > peak && rows <= usualMost);
  return back < 0 ? Number.POSITIVE_INFINITY : back;
}

/** Workers share streams, or streams share workers. */
function streamsOf(streams: readonly Stream[], worker: number, workers: number): Stream[] {
  if (workers >= streams.length) return [streams[worker % streams.length] as Stream];
  return streams.filter((_, i) => i % workers === worker);
}

/** All edges of one stream. */
class Edges {
  /** Messages that have come. */
  come = 0;
  #backlog = 0;
  #publishing = 0;
  #isEndless = false;

  constructor(
    private readonly around: Surroundings,
    private readonly stream: Stream,
  ) {}

  /** @param intervalMs from one message to the next; 0: there are always more. */
  begin(intervalMs: number): void {
    const { agenda, random } = this.around;
    if (intervalMs === 0) {
      this.#isEndless = true;
      this.stream.onLess = () => this.#publish();
      this.#publish();
      return;
    }
    const comes = () => {
      this.come++;
      this.#backlog++;
      this.#publish();
      agenda.after(intervalMs * -Math.log(1 - random.next()), comes);
    };
    agenda.after(intervalMs * random.next(), comes);
  }

  #publish(): void {
    const { agenda, costs, settings } = this.around;
    // A stream that is full enough for all workers takes no more: what is stored there costs the leader time.
    const most = 2 * settings.workers * settings.ringMessages + settings.publishing;
    const hasMore = () => (this.#isEndless ? this.stream.depth < most : this.#backlog > 0);
    while (this.#publishing < settings.publishing && hasMore()) {
      if (this.#isEndless) this.come++;
      else this.#backlog--;
      this.#publishing++;
      this.stream.leader.work(costs.publishMs, () => {
        this.stream.add();
        agenda.after(costs.roundTripMs, () => {
          this.#publishing--;
          this.#publish();
        });
      });
    }
  }
}
