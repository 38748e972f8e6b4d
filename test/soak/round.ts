/**
 * One round: a flow, its producers, deaths at random moments, an end, and the judgement.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../../bench/harness/random.js';
import { messageOf } from '../../src/describe.js';
import { createBatchFlow, type Flow, FlowClosedError, handler } from '../../src/index.js';
import { Soaked } from './events.js';
import { FlusherKiller } from './flusher-killer.js';
import { fate, Ledger, type LedgerMemory, sources } from './ledger.js';
import { leftovers } from './leftovers.js';
import { judge, type Tally } from './oracle.js';
import { describePlan, kills, type Plan } from './plan.js';
import { produce } from './produce.js';
import type { ProducerPool, Work } from './producer-pool.js';
import type { RecordingOptions } from './recording-sink.js';

export interface RoundResult {
  readonly tally: Tally;
  /** Deaths by kind. */
  readonly deaths: Record<string, number>;
}

/** A round takes a fraction of a second; on a machine that does much else, some. */
const patienceMs = 40_000;
/** How long producers may take to start. */
const startMs = 3000;
/** How long producers go on when all deaths have been died. */
const restMs = 20;

export class Round {
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #killer: FlusherKiller;
  readonly #exits: { flusher: number; redelivered: number }[] = [];
  readonly #killedSources = new Set<number>();
  readonly #works = new Set<Work>();
  /** Those that have not ended; a thread whose work has ended may have other work by now. */
  readonly #atWork = new Set<Work>();
  readonly #troubles: string[] = [];
  /** What has not come to its end. */
  readonly #pending = new Set<string>();
  #flow: Flow<typeof Soaked> | undefined;
  #nextSource = 1;
  /** Producers' threads that have ended by themselves. */
  #visits = 0;
  #doing = 'starting';

  constructor(
    private readonly plan: Plan,
    memory: LedgerMemory,
    private readonly pool: ProducerPool,
  ) {
    this.#random = new Random(plan.seed + 1);
    this.#ledger = new Ledger(memory);
    this.#ledger.clear();
    this.#killer = new FlusherKiller(this.#ledger, plan, new Random(plan.seed + 2), (worker) =>
      pool.owns(worker),
    );
  }

  /** @throws Error that tells everything, when anything is wrong. */
  async run(): Promise<RoundResult> {
    const watchdog = new AbortController();
    const hang = pause(patienceMs, undefined, { signal: watchdog.signal }).then(() => {
      throw new Error('a hang');
    });
    try {
      return await Promise.race([this.#play(), hang]);
    } catch (error) {
      throw this.#failure(`while ${this.#doing}: ${messageOf(error)}`);
    } finally {
      watchdog.abort();
      hang.catch(() => {});
      this.#killer.end();
    }
  }

  async #play(): Promise<RoundResult> {
    const { plan } = this;
    const ledger = this.#ledger;
    const flow = await this.#open();
    const here = plan.here ? produce(flow, ledger, 0, plan.push) : undefined;
    for (let n = 0; n < plan.threads; n++) this.#startProducer();
    await this.#begun();
    this.#doing = 'killing';
    const killing = Promise.all([
      this.#pend('killing flushers', this.#killer.run()),
      this.#pend('killing producers', this.#killProducers()),
    ]);
    const flushing = this.#pend('flush()', this.#flushNowAndThen());
    const blocking = this.#pend('blocking', this.#blockNowAndThen());
    // Some deaths come while the flow closes.
    if (this.#random.chance(0.6)) await killing;
    else await pause(this.#random.between(10, 100));
    await pause(plan.sink.poison.length > 0 ? 10 * restMs : restMs);
    this.#doing = 'ending producers';
    if (!plan.pushesOn) {
      ledger.stop();
      await Promise.all([here, ...[...this.#works].map(({ ended }) => ended)]);
    }
    this.#doing = `closing by ${plan.end}`;
    const report = await this.#close(flow);
    ledger.stop();
    this.#killer.end();
    this.#doing = 'waiting for producers and killers';
    await Promise.all([killing, here, flushing, blocking, ...[...this.#works].map(({ ended }) => ended)]);
    const undelivered = flow
      .takeUndelivered()
      .flatMap((batch) => batch.rows() as { source: number; i: number }[]);
    this.#doing = 'judging';
    const { wrong, tally } = judge({
      plan,
      ledger,
      stats: flow.stats(),
      ring: flow.ring(),
      report,
      exits: this.#exits,
      killedSources: this.#killedSources,
      undelivered,
    });
    wrong.push(...this.#troubles, ...leftovers(flow.handle(), this.#allDeaths));
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return { tally, deaths: this.#deaths() };
  }

  async #open(): Promise<Flow<typeof Soaked>> {
    const { plan } = this;
    const { concurrent } = plan;
    const { memory } = this.#ledger;
    const options: RecordingOptions = {
      memory,
      plan: plan.sink,
      concurrent,
      // Of duplicates another may be kept when rows come again, in other batches.
      ordered:
        (plan.flushers === 1 || plan.shardsBy === 'source') && concurrent === 1 && plan.dedupe === undefined,
    };
    const flow = await createBatchFlow({
      schema: Soaked,
      sink: handler(new URL('./recording-sink.js', import.meta.url), options),
      deadLetters: plan.deadLetters
        ? handler(new URL('./letter-sink.js', import.meta.url), { memory, plan: plan.sink })
        : false,
      flushSize: plan.flushSize,
      bufferSize: plan.bufferSize,
      blockTextBytes: plan.blockTextBytes,
      flushIntervalMs: 3,
      flushMode: concurrent === 1 ? 'sync' : 'async',
      maxConcurrentFlushes: concurrent,
      ...flushersOf(plan),
      onFull: plan.onFull,
      blockTimeoutMs: 20,
      publishEvery: plan.publishEvery,
      maxLabels: plan.maxLabels,
      maxDeliveries: plan.maxDeliveries,
      maxProducers: sources,
      retry: { backoffMs: 1, maxBackoffMs: 4, maxAttempts: 3 },
      circuit: plan.circuit ? { failures: 3, coolDownMs: 10 } : false,
      ...(plan.limit && { concurrencyLimit: plan.limit }),
      // Of several columns where rows are merged.
      ...(plan.dedupe && {
        dedupe: { by: plan.dedupe === 'merge' ? ['source', 'label'] : 'label', keep: plan.dedupe },
      }),
      ...(plan.memoryKills && {
        resourceLimits: { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8 },
      }),
    });
    this.#flow = flow;
    flow.on('flusherExit', (exit) => this.#exits.push(exit));
    flow.on('flushError', () => {});
    return flow;
  }

  /** A thread that is new takes longer to start than many a round: without rows there is nothing to lose. */
  async #begun(): Promise<void> {
    const { fates } = this.#ledger.memory;
    const waits = ({ source }: Work) => fates[this.#ledger.rowOf(source, 0)] === fate.none;
    for (const end = performance.now() + startMs; performance.now() < end && [...this.#works].some(waits); )
      await pause(2);
  }

  #pend<T>(what: string, promise: Promise<T>): Promise<T> {
    this.#pending.add(what);
    return promise.finally(() => this.#pending.delete(what));
  }

  async #close(flow: Flow<typeof Soaked>) {
    if (this.plan.end === 'destroy') return flow.destroy();
    return flow.close(this.plan.end === 'limit' ? { timeoutMs: this.#random.between(0, 30) } : {});
  }

  #startProducer(): void {
    const source = this.#nextSource++;
    const { memory } = this.#ledger;
    const handle = (this.#flow as Flow).handle();
    const { push, visitRows } = this.plan;
    const work = this.pool.start({ handle, memory, source, plan: push, visitRows });
    this.#works.add(work);
    this.#atWork.add(work);
    const ended = this.#pend(`source ${source}`, work.ended).finally(() => this.#atWork.delete(work));
    ended.then(
      (answer) => {
        if (answer?.error !== undefined) this.#troubles.push(`source ${source}: ${answer.error}`);
        // A visitor has gone by itself; the next one comes.
        else if (answer === undefined && !this.#killedSources.has(source)) this.#visited();
      },
      (error) => this.#troubles.push(`source ${source}: ${messageOf(error)}`),
    );
  }

  #visited(): void {
    this.#visits++;
    if (this.#ledger.stopped || this.#flow?.closed || this.#nextSource === sources) return;
    this.#startProducer();
  }

  /** Threads that end meanwhile are heard of later, or never. */
  async #blockNowAndThen(): Promise<void> {
    const idle = new Int32Array(new SharedArrayBuffer(4));
    while (this.plan.blockedMs > 0 && !this.#flow?.closed) {
      await pause(this.#random.between(1, 10));
      Atomics.wait(idle, 0, 0, this.#random.between(1, this.plan.blockedMs));
    }
  }

  async #killProducers(): Promise<void> {
    for (let n = 0; n < this.plan.producerKills; n++) {
      await pause(this.#random.between(0, 2 * this.plan.killPauseMs));
      const work = this.#random.pick(
        [...this.#works].filter(({ source }) => !this.#killedSources.has(source)),
      );
      if (work === undefined) return;
      this.#atWork.delete(work);
      this.#killedSources.add(work.source);
      await this.pool.kill(work);
      if (this.#ledger.stopped || this.#flow?.closed || this.#nextSource === sources) return;
      this.#startProducer();
    }
  }

  /** `flush()` comes to its end whatever dies meanwhile. */
  async #flushNowAndThen(): Promise<void> {
    const flow = this.#flow as Flow;
    try {
      while (!flow.closed) {
        await pause(this.#random.between(0, 40));
        await flow.flush({ timeoutMs: patienceMs / 2 });
        const { pending, inFlight } = flow.stats();
        if (pending < 0 || inFlight < 0) this.#troubles.push(`pending ${pending}, in flight ${inFlight}`);
      }
    } catch (error) {
      if (!(error instanceof FlowClosedError)) this.#troubles.push(`flush(): ${messageOf(error)}`);
    }
  }

  get #allDeaths(): number {
    return Object.values(this.#deaths()).reduce((a, b) => a + b, 0);
  }

  #deaths(): Record<string, number> {
    const deaths: Record<string, number> = {
      terminate: this.#killer.terminated,
      poison: this.#ledger.deaths(kills.length),
      producer: this.#killedSources.size,
      visitor: this.#visits,
    };
    for (const [n, kill] of kills.entries()) deaths[kill] = (deaths[kill] ?? 0) + this.#ledger.deaths(n);
    return deaths;
  }

  #failure(what: string): Error {
    const lines = [
      `round ${this.plan.round} went wrong ${what}`,
      `plan     ${describePlan(this.plan)}`,
      `deaths   ${JSON.stringify(this.#deaths())}; producers killed: ${[...this.#killedSources]}`,
      `pending  ${[...this.#pending].join(', ')}`,
      `exits    ${JSON.stringify(this.#exits.map(({ flusher, redelivered }) => [flusher, redelivered]))}`,
      `stats    ${JSON.stringify(this.#flow?.stats())}`,
      `ring     ${JSON.stringify(this.#flow?.ring())}`,
    ];
    return new Error(lines.join('\n'));
  }
}

/** Flushers of one ring, or of a shard each. */
function flushersOf({ flushers, shardsBy }: Plan) {
  if (shardsBy === undefined) return { flushers };
  const isKey = shardsBy === 'source' || shardsBy === 'label';
  return { sharding: { shards: flushers, ...(isKey ? { key: shardsBy } : { by: shardsBy }) } };
}
