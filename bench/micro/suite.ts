/**
 * A suite of small benchmarks: a name, and a function that measures and gives one figure a case.
 */
import { add, configure, suite } from 'benny';

/** The speed of one case. */
export interface Measurement {
  readonly name: string;
  readonly rowsPerSecond: number;
  /** Half of the spread, in percent: of the mean at 95 % confidence, or around the median of repeats. */
  readonly marginPercent: number;
}

export interface Suite {
  readonly name: string;
  /** Measure the suite; `name` is its name. */
  run(name: string): Promise<Measurement[]>;
}

/** Work on one thread that is repeated: each call moves `rows` rows. */
export interface Case {
  readonly name: string;
  readonly rows: number;
  readonly call: () => void;
}

/** Measure synchronous calls. */
export async function measureCalls(name: string, cases: readonly Case[]): Promise<Measurement[]> {
  const { results } = await suite(
    name,
    configure({ cases: { minSamples: 5, maxTime: 1 } }),
    ...cases.map(({ name, call }) => add(name, call)),
  );
  return cases.map(({ name, rows }) => {
    const result = results.find((found) => found.name === name);
    if (result === undefined || !result.completed) throw new Error(`"${name}" was not measured`);
    return { name, rowsPerSecond: rows / result.details.mean, marginPercent: result.margin };
  });
}

/** Work between threads: each run moves `rows` rows and resolves when they have arrived. */
export interface Journey {
  readonly name: string;
  readonly rows: number;
  run(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Measure journeys between threads: each once to warm up, then in turn, so that other work of the machine falls on all
 * of them alike. The figure is the median.
 */
export async function measureJourneys(journeys: readonly Journey[], repeats: number): Promise<Measurement[]> {
  const rates = journeys.map((): number[] => []);
  for (const journey of journeys) await journey.run();
  for (let n = 0; n < repeats; n++) {
    for (const [k, journey] of journeys.entries()) {
      const start = performance.now();
      await journey.run();
      rates[k]?.push((1000 * journey.rows) / (performance.now() - start));
    }
  }
  for (const journey of journeys) await journey.end();
  return journeys.map(({ name }, k) => {
    const sorted = (rates[k] as number[]).sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] as number;
    const spread = (sorted.at(-1) as number) - (sorted[0] as number);
    return { name, rowsPerSecond: median, marginPercent: (50 * spread) / median };
  });
}
