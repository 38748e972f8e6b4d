/**
 * The schemas of a flow, as one thread knows them: those that it was created with, and those that were added since.
 *
 * Each has a number, which stands in the headers of its blocks. Rows are published only when their schema is ready in
 * the registry, so a thread that meets a number can always look it up.
 */
import { CapacityError, ConfigError } from '../../errors.js';
import { type BlockLayout, layOut, usualVariableBytes } from '../../schema/block/block-layout.js';
import { asDefined, type Schema } from '../../schema/columns/schema.js';
import { columnsText, schemaOfText } from '../../schema/columns/schema-text.js';
import { dedupeOf } from '../config/dedupe.js';
import { assertInShards, type ShardingSpec } from '../config/sharding.js';
import { SharedTexts, sizeOf, textBytes } from './entry-texts.js';
import { type SchemaEntry, SchemaRegistry } from './schema-registry.js';
import type { SharedFlow } from './shared-flow.js';

/** The memory that schemas and their blocks depend on. */
export type SchemaMemory = Pick<
  SharedFlow,
  'name' | 'schemas' | 'lateSchemas' | 'rowsPerBlock' | 'ring' | 'storedBefore' | 'dedupe'
>;

/** How rows of one schema lie in its blocks. */
export interface SchemaBlocks {
  readonly schema: Schema;
  /** Rows that a block takes. */
  readonly rows: number;
  readonly layout: BlockLayout;
}

export class FlowSchemas {
  readonly #registry: SchemaRegistry;
  /** By number, those that this thread has met. */
  readonly #known: Schema[];

  constructor(private readonly flow: SchemaMemory) {
    const texts = new SharedTexts(flow.lateSchemas);
    this.#registry = new SchemaRegistry(texts.states, texts, texts.most);
    this.#known = [...flow.schemas];
  }

  /** The schema of a number that a block has. */
  of(number: number): Schema {
    return this.#known[number] ?? this.#look(number);
  }

  /** All of them, those that were added last. */
  get all(): readonly Schema[] {
    return [
      ...this.flow.schemas,
      ...[...this.#registry.entries()].map((entry) => this.of(this.#numberOf(entry))),
    ];
  }

  /** How rows of a schema lie in its blocks, which is the same on each thread. */
  blocksOf(number: number): SchemaBlocks {
    const schema = this.of(number);
    const { ring, rowsPerBlock } = this.flow;
    const rows = number < this.flow.schemas.length ? rowsPerBlock : this.#lateRows(schema);
    return { schema, rows, layout: layOut(schema, rows, 0, ring.blockBytes, this.#given) };
  }

  /**
   * The number of a producer's schema; undefined is fine where the flow was created with one.
   *
   * @throws ConfigError where it is missing, unknown, or has other columns than the flow's of its name.
   */
  numberOf(schema: Schema | undefined): number {
    if (schema === undefined) {
      if (this.flow.schemas.length > 1)
        throw new ConfigError(
          'schema',
          undefined,
          `one of the flow's schemas (${this.#names}): use flow.producer(schema)`,
        );
      return 0;
    }
    // A program without types may pass anything.
    const wanted: unknown = (schema as Schema | null)?.name;
    const number = this.#numberNamed(wanted);
    if (number === undefined)
      throw new ConfigError('schema', wanted ?? schema, `one of the flow's schemas: ${this.#names}`);
    assertSame(schema, columnsText(this.of(number)));
    return number;
  }

  /**
   * Add a schema to the running flow, unless it is there.
   *
   * @param sharding of the flow, whose key its rows need.
   * @returns its number.
   * @throws ConfigError where the name is taken by other columns, where its rows do not fit the ring's blocks, or lack
   *   what `dedupe` or `sharding` needs; CapacityError when there are `maxSchemas`; SchemaError where it cannot work.
   */
  add(given: Schema, sharding: ShardingSpec | undefined): number {
    const schema = asDefined(given);
    const first = this.flow.schemas.findIndex(({ name }) => name === schema.name);
    if (first >= 0) {
      assertSame(schema, columnsText(this.of(first)));
      return first;
    }
    const entry = { name: schema.name, columns: columnsText(schema) };
    assertInShards(sharding, schema);
    this.#assertFits(schema, entry);
    const added = this.#registry.add(entry);
    if (added === undefined) {
      throw new CapacityError(
        `flow "${this.flow.name}" takes no further schema than its ${this.all.length}; raise maxSchemas`,
      );
    }
    assertSame(schema, added.found.columns);
    return this.#numberOf(added.entry);
  }

  #assertFits(schema: Schema, entry: SchemaEntry): void {
    const bytes = sizeOf(entry);
    if (bytes > textBytes)
      throw new ConfigError(
        'schema',
        schema.name,
        `columns that take ${textBytes} bytes as text, not ${bytes}`,
      );
    if (this.flow.dedupe !== undefined) dedupeOf(this.flow.dedupe, schema);
    if (this.#lateRows(schema) > 0) return;
    const { blockBytes } = this.flow.ring;
    throw new ConfigError(
      'schema',
      schema.name,
      `a schema of which a row takes at most the ${blockBytes} bytes of a block, not ${this.#bytesOf(schema, 1)}; ` +
        'blockTextBytes, or a larger schema at the start, makes blocks larger',
    );
  }

  /** Rows of an added schema for which a block of the ring has bytes, at most as many as others have. */
  #lateRows(schema: Schema): number {
    const { ring, rowsPerBlock } = this.flow;
    let good = 0;
    for (let bad = rowsPerBlock + 1; bad - good > 1; ) {
      const middle = Math.floor((good + bad) / 2);
      if (this.#bytesOf(schema, middle) <= ring.blockBytes) good = middle;
      else bad = middle;
    }
    return good;
  }

  #bytesOf(schema: Schema, rows: number): number {
    return layOut(schema, rows, usualVariableBytes(schema, rows), undefined, this.#given).end;
  }

  get #given(): boolean {
    return this.flow.storedBefore !== undefined;
  }

  #look(number: number): Schema {
    const found = this.#registry.at(number - this.flow.schemas.length);
    if (found === undefined) throw new Error(`no schema has the number ${number}`);
    const schema = schemaOfText(found.name, found.columns);
    this.#known[number] = schema;
    return schema;
  }

  #numberNamed(name: unknown): number | undefined {
    const first = this.flow.schemas.findIndex((schema) => schema.name === name);
    if (first >= 0) return first;
    for (const entry of this.#registry.entries()) {
      const number = this.#numberOf(entry);
      if (this.of(number).name === name) return number;
    }
    return undefined;
  }

  #numberOf(entry: number): number {
    return this.flow.schemas.length + entry;
  }

  get #names(): string {
    return this.all.map(({ name }) => name).join(', ');
  }
}

/** @throws ConfigError where the flow has other columns under the schema's name. */
function assertSame(schema: Schema, known: string): void {
  if (columnsText(schema) !== known)
    throw new ConfigError('schema', schema.name, `the schema of that name with the flow's columns: ${known}`);
}
