/**
 * The messages of a batch: its rows by partition, each partition's with a subject of its own.
 */

import { subjectOf } from '../../nats/subject-template.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import type { MessageMaker, Refuse } from './messages.js';
import type { JetStreamSettings } from './options.js';
import { rowsByPartition } from './partitions.js';
import type { Lane } from './publish.js';
import type { Message } from './session.js';

/** `Nats-Msg-Id`, `Nats-Expected-Stream` and what stands between them, without the stream's name. */
const headerBytes = 128;

export class BatchMessages {
  constructor(
    private readonly settings: JetStreamSettings,
    private readonly schema: Schema,
    private readonly maker: MessageMaker,
  ) {}

  /**
   * The lanes that are published: with an order one for each partition; without it one for each message, so that they
   * are sent in the order of rows and none waits for another.
   *
   * @param most what the server and the stream take, with headers.
   */
  lanes(batch: Batch, most: number, refuse: Refuse): Iterator<Lane> {
    const { stream, maxMessageBytes } = this.settings;
    const payload = Math.min(most - headerBytes - Buffer.byteLength(stream.name), maxMessageBytes ?? most);
    const partitions = this.#partitions(batch);
    const lane = ([partition, rows]: readonly [number, readonly number[]]) =>
      this.maker.of(batch, rows, this.#subject(partition), payload, refuse)[Symbol.iterator]();
    return this.settings.ordered
      ? mapped(partitions.entries(), lane)
      : mapped(joined(mapped(partitions.entries(), lane)), alone);
  }

  #partitions(batch: Batch): ReadonlyMap<number, readonly number[]> {
    const { partitions, partitionBy = [] } = this.settings;
    if (partitions === 1) return new Map([[0, [...Array(batch.length).keys()]]]);
    return rowsByPartition(batch, partitionBy, partitions);
  }

  #subject(partition: number): string {
    return subjectOf(this.settings.subject, this.schema.name, partition);
  }
}

function* alone(message: Message): Generator<Message> {
  yield message;
}

function* mapped<T, R>(values: Iterator<T>, to: (value: T) => R): Generator<R> {
  for (let next = values.next(); !next.done; next = values.next()) yield to(next.value);
}

function* joined(lanes: Iterator<Lane>): Generator<Message> {
  for (let next = lanes.next(); !next.done; next = lanes.next()) {
    for (let message = next.value.next(); !message.done; message = next.value.next()) yield message.value;
  }
}
