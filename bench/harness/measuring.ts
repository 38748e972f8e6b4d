/**
 * Measuring in fresh processes, so that no measurement finds the garbage, compiled code or threads of another. Each
 * repeat takes all cases once in a shuffled order, so that other work of the machine falls on all of them alike.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Random } from './random.js';
import { type Repeated, repeated } from './report/statistics.js';

/** Figures by name; null where there is none. */
export type Figures = Readonly<Record<string, number | null>>;

/** What a child process imports to measure. */
export interface MeasuringModule {
  measure(task: unknown): Figures | Promise<Figures>;
}

/** One measurement, for a process of its own. */
export interface Measurement {
  /** The compiled `MeasuringModule`. It is named, not imported, so that a child loads only what it measures. */
  readonly module: URL;
  /** The argument of the module's `measure`; it travels as JSON. */
  readonly task: object;
}

/** One measurement of a suite; `key` is what the report says of it besides its figures. */
export interface Case<Key> extends Measurement {
  readonly key: Key;
}

/** The key and the figures of a measured case. */
export type Measured<Key> = Key & { readonly figures: Readonly<Record<string, Repeated>> };

const ownChild = new URL('./child.js', import.meta.url);

/**
 * Measure in a new process.
 *
 * @param child the process's file; another build's `child.js` serves as well.
 * @throws Error with what the process wrote to standard error.
 */
export async function measureInChild({ module, task }: Measurement, child = ownChild): Promise<Figures> {
  const args = [fileURLToPath(child), module.href, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout) as Figures;
}

/**
 * Measure all cases `repeats` times, in turns.
 *
 * @param seed the seed of the order.
 * @throws Error of the first measurement that fails.
 */
export async function measureInTurns<Key extends object>(
  cases: readonly Case<Key>[],
  repeats: number,
  seed: number,
  progress: (text: string) => void,
): Promise<Measured<Key>[]> {
  const random = new Random(seed);
  const found = new Map(cases.map((each): [Case<Key>, Figures[]] => [each, []]));
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const order = shuffled(cases, random);
    for (const [i, each] of order.entries()) {
      progress(
        `repeat ${repeat} of ${repeats}, ${i + 1} of ${order.length}: ${Object.values(each.key).join(' ')}`,
      );
      found.get(each)?.push(await measureInChild(each));
    }
  }
  return cases.map((each) => ({ ...each.key, figures: summary(found.get(each) as Figures[]) }));
}

/** The repeats of each figure; a figure that is missing in any repeat is left out. */
function summary(all: readonly Figures[]): Record<string, Repeated> {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = all.map((figures) => figures[name]).filter((value) => typeof value === 'number');
      return values.length === all.length ? [[name, repeated(values)]] : [];
    }),
  );
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
