/**
 * The producers of a flow on its creating thread: the one behind the flow's own `push`, and those of `producer()`.
 */
import type { EventError } from '../errors.js';
import type { LabelDictionary } from '../schema/block/label-dictionary.js';
import type { Schema } from '../schema/columns/schema.js';
import { openOwnProducer, openProducer } from './producer/attach.js';
import type { FlowProducer } from './producer/flow-producer.js';
import { producerOf } from './producer/producer-of.js';
import type { FlowMemory } from './shared/flow-memory.js';
import type { FlowSchemas } from './shared/flow-schemas.js';

/** The part of a producer that does not depend on its schema. */
type OpenProducer = Pick<FlowProducer<Schema>, 'publish' | 'close' | 'unpublished' | 'readingColumns'>;

export class FlowProducers<S extends Schema> {
  readonly #all = new Set<OpenProducer>();
  #own: FlowProducer<S> | undefined;

  /**
   * @param assertOpen throws when the flow takes no rows.
   * @param onRefused receives the error of each event that a producer of this thread refuses.
   */
  constructor(
    private readonly memory: FlowMemory,
    private readonly schemas: FlowSchemas,
    private readonly labels: LabelDictionary,
    private readonly assertOpen: () => void,
    private readonly onRefused: ((error: EventError) => void) | undefined,
  ) {}

  /**
   * The producer behind the flow's own `push`. It is opened at its first use, as it needs a slot and a block.
   *
   * @throws ConfigError when the flow has several schemas, FlowClosedError
   */
  get own(): FlowProducer<S> {
    return this.#own ?? this.#openOwn();
  }

  /** Open an independent producer. @throws FlowClosedError, CapacityError, ConfigError */
  open<T extends Schema>(schema: T | undefined): FlowProducer<T> {
    this.assertOpen();
    return this.#open<T>(this.schemas.numberOf(schema));
  }

  /**
   * Open a producer of a schema that the flow may not have yet.
   *
   * @throws FlowClosedError, CapacityError, ConfigError, SchemaError
   */
  add<T extends Schema>(schema: T): FlowProducer<T> {
    this.assertOpen();
    return this.#open<T>(this.schemas.add(schema, this.memory.sharding));
  }

  /** Rows that they have accepted and not published. */
  get unpublished(): number {
    let rows = 0;
    for (const { unpublished } of this.#all) rows += unpublished;
    return rows;
  }

  /** Whether one of them is reading columns, further up on this thread's stack. */
  get readingColumns(): boolean {
    return [...this.#all].some(({ readingColumns }) => readingColumns);
  }

  publish(): void {
    for (const producer of this.#all) producer.publish();
  }

  close(): void {
    for (const producer of [...this.#all]) producer.close();
  }

  #openOwn(): FlowProducer<S> {
    const index = this.schemas.numberOf(undefined);
    this.assertOpen();
    this.#own = this.#keep((onClose) =>
      producerOf<S>(
        this.memory,
        index,
        (shared, ended) => openOwnProducer(shared, index, this.labels, ended),
        onClose,
      ),
    );
    return this.#own;
  }

  #open<T extends Schema>(index: number): FlowProducer<T> {
    return this.#keep((onClose) =>
      producerOf<T>(
        this.memory,
        index,
        (shared, ended) => openProducer(shared, index, this.labels, () => ended),
        onClose,
      ),
    );
  }

  /** Open a producer and keep it until it closes. */
  #keep<T extends Schema>(open: (onClose: () => void) => FlowProducer<T>): FlowProducer<T> {
    const producer = open(() => this.#all.delete(producer));
    producer.onRefused = this.onRefused;
    this.#all.add(producer);
    return producer;
  }
}
