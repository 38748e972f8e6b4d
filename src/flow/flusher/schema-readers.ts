/**
 * What a flusher needs to read rows of a schema, by the schema's number. A schema that was added to the running flow is
 * found when the first of its blocks is seen: no thread has to notify this one.
 */
import type { RingMemory } from '../../ring/layout.js';
import type { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import { BatchReader } from '../../schema/read/batch-reader.js';
import type { FlowSchemas } from '../shared/flow-schemas.js';

export interface SchemaReader {
  readonly schema: Schema;
  readonly reader: BatchReader;
}

export class SchemaReaders {
  readonly #readers: SchemaReader[] = [];

  constructor(
    private readonly schemas: FlowSchemas,
    private readonly ring: RingMemory,
    private readonly labels: LabelDictionary,
  ) {}

  /** The reader of the schema that a block has. */
  of(number: number): SchemaReader {
    return this.#readers[number] ?? this.#make(number);
  }

  /** The number of a schema of which this flusher has seen a block; -1 where it has not. */
  numberOf(name: string): number {
    return this.#readers.findIndex((made?: SchemaReader) => made?.schema.name === name);
  }

  #make(number: number): SchemaReader {
    const { schema, layout } = this.schemas.blocksOf(number);
    const made = { schema, reader: new BatchReader(layout, this.ring, this.labels) };
    this.#readers[number] = made;
    return made;
  }
}
