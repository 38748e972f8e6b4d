/**
 * The registry of schemas under every order of its threads: two that add one name with different columns and may die
 * while they write, and one that reads. The registry is the shipped code; its patience is at its end at once.
 */
import { expect, test } from 'vitest';
import { type SchemaEntry, SchemaRegistry } from '../../../dist/src/flow/shared/schema-registry.js';
import type { Plain, Scenario, SimulatedThread } from './scenario.js';
import { walk } from './simulator.js';

const entries = 4;
const ready = 2;

/** A registry whose texts are two words an entry: a name and its columns, each a number above 0. */
class Simulated extends SchemaRegistry {
  constructor(words: Int32Array, plain: Plain) {
    const texts = {
      store(entry: number, { name, columns }: SchemaEntry) {
        plain.store(entries + 2 * entry, Number(name));
        plain.store(entries + 2 * entry + 1, Number(columns));
      },
      load(entry: number): SchemaEntry {
        const name = String(plain.load(entries + 2 * entry));
        return { name, columns: String(plain.load(entries + 2 * entry + 1)) };
      },
    };
    super(words.subarray(0, entries), texts, 2);
  }

  protected override wait(): void {}
}

type Kind = typeof Simulated;

function scenario(Kind: Kind): Scenario {
  const words = new Int32Array(3 * entries);
  /** Say which entry stands for a name, and which columns it has. */
  const see = (plain: Plain, entry: number, { name, columns }: SchemaEntry) => {
    if (name === '0' || columns === '0') throw new Error('half of an entry was read');
    plain.tell(Number(name), 1 << entry);
    plain.tell(entries + entry, 1 << Number(columns));
  };
  const adds = (name: string, columns: string, mortal: boolean): SimulatedThread => ({
    name: `adds ${name} with ${columns}`,
    mortal,
    run(plain) {
      const added = new Kind(words, plain).add({ name, columns });
      if (added !== undefined) see(plain, added.entry, added.found);
    },
  });
  const reads: SimulatedThread = {
    name: 'reads',
    run(plain) {
      const registry = new Kind(words, plain);
      for (const entry of registry.entries()) {
        const found = registry.at(entry);
        if (found === undefined) throw new Error('an entry is no longer ready');
        see(plain, entry, found);
      }
    },
  };
  return {
    words,
    threads: [adds('1', '1', true), adds('1', '2', true), adds('2', '1', false), reads],
    subjects: 2 * entries,
    witness(subject, event, before) {
      const known = before | event;
      if ((known & (known - 1)) !== 0)
        throw new Error(subject < entries ? 'a name has two entries' : 'an entry has two texts');
      return known;
    },
    stored() {},
    died: (_, before) => before,
    atEnd() {},
  };
}

test('one name has one entry on all threads, with the columns of one of them, wherever a thread dies', () => {
  const { failure, schedules } = walk(scenario(Simulated), { preemptions: 2, deaths: 2 });
  expect(failure?.message).toBe(undefined);
  expect(schedules).toBeGreaterThan(100);
});

test('finds a thread that goes past an entry which is being written', () => {
  class Hurrying extends Simulated {
    protected override final(entry: number): number {
      return this.state(entry) === 1 ? 3 : this.state(entry);
    }
  }
  const { failure } = walk(scenario(Hurrying), { preemptions: 2, asserting: false });
  expect(failure?.message).toMatch('a name has two entries');
});

test('finds a thread that makes its entry ready after it was given up', () => {
  class Stubborn extends Simulated {
    protected override write(entry: number, schema: SchemaEntry): boolean {
      this.texts.store(entry, schema);
      Atomics.store(this.states, entry, ready);
      return true;
    }
  }
  const { failure } = walk(scenario(Stubborn), { preemptions: 2, asserting: false });
  expect(failure?.message).toMatch('a name has two entries');
});

test('finds a thread that makes its entry ready before its text is there', () => {
  class Hasty extends Simulated {
    protected override write(entry: number, schema: SchemaEntry): boolean {
      const stands = this.swap(entry, 1, ready);
      this.texts.store(entry, schema);
      return stands;
    }
  }
  const { failure } = walk(scenario(Hasty), { preemptions: 2, asserting: false });
  expect(failure?.message).toMatch(/half of an entry|two texts|two entries/);
});
