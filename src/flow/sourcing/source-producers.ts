/**
 * The producers of a source, one for each schema that it writes, in its thread.
 */
import { Progress } from '../../ring/progress.js';
import { LabelDictionary } from '../../schema/block/label-dictionary.js';
import type { Schema } from '../../schema/columns/schema.js';
import { announceProducer } from '../producer/announcement.js';
import { openProducer } from '../producer/attach.js';
import type { EventProducer } from '../producer/event-producer.js';
import { FlowSchemas } from '../shared/flow-schemas.js';
import type { SharedFlow } from '../shared/shared-flow.js';

/** A producer, and the number of its first row. */
export interface OpenedProducer {
  readonly producer: EventProducer<Schema>;
  readonly first: number;
}

export class SourceProducers {
  /** In the order in which they were opened. */
  readonly opened: OpenedProducer[] = [];
  readonly #bySchema = new Map<number, EventProducer<Schema>>();
  readonly #shared: SharedFlow;
  readonly #schemas: FlowSchemas;
  readonly #labels: LabelDictionary;
  readonly #progress: Progress;

  constructor(shared: SharedFlow) {
    // A push that blocks would hold up the acknowledgements, too.
    this.#shared = { ...shared, onFull: 'reject' };
    this.#schemas = new FlowSchemas(shared);
    this.#labels = new LabelDictionary(shared.labels);
    this.#progress = new Progress(shared.ring);
  }

  /**
   * The producer of a schema, opened at the first call.
   *
   * @param schema the schema or its name; not needed where the flow has one only.
   * @throws ConfigError for a schema that is not the flow's, CapacityError, FlowClosedError
   */
  of(schema: Schema | string | undefined): EventProducer<Schema> {
    const index = this.#indexOf(schema);
    return this.#bySchema.get(index) ?? this.#open(index);
  }

  /** Rows for which there is room. */
  get room(): number {
    return this.#roomIn(this.#progress.usage());
  }

  /** Resolves when there is room for so many rows, or for some and no block is about to become free. */
  async whenRoom(rows: number): Promise<void> {
    const wanted = Math.min(rows, this.#shared.highWatermark ?? rows);
    const producer = (this.opened[0] ?? { producer: this.#open(0) }).producer;
    for (const opened of this.opened) opened.producer.publish();
    await producer.roomWhen(() => {
      const usage = this.#progress.usage();
      const room = this.#roomIn(usage);
      return room >= wanted || (room > 0 && usage.sealedBlocks === 0);
    });
  }

  publish(): void {
    for (const { producer } of this.opened) producer.publish();
  }

  /** Publish, and give the blocks and slots back. */
  close(): void {
    for (const { producer } of this.opened) producer.close();
  }

  #roomIn({ freeBlocks, rows }: { readonly freeBlocks: number; readonly rows: number }): number {
    const { rowsPerBlock, highWatermark = Number.POSITIVE_INFINITY } = this.#shared;
    const places = this.opened.reduce((sum, { producer }) => sum + producer.placesLeft, 0);
    return Math.max(0, Math.min(freeBlocks * rowsPerBlock + places, highWatermark - rows));
  }

  #indexOf(schema: Schema | string | undefined): number {
    if (typeof schema !== 'string') return this.#schemas.numberOf(schema);
    return this.#schemas.numberOf(this.#schemas.all.find(({ name }) => name === schema) ?? (schema as never));
  }

  #open(index: number): EventProducer<Schema> {
    const shared = this.#shared;
    const producer = openProducer(shared, index, this.#labels, (slot) => announceProducer(shared, slot));
    this.#bySchema.set(index, producer);
    this.opened.push({ producer, first: producer.nextRow });
    return producer;
  }
}
