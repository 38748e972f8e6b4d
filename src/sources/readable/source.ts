/**
 * The source that reads a Node.js stream, loaded by the source's thread. In object mode each chunk is an event and a
 * unit. Else the stream has JSON lines, and a unit is the lines that end in a chunk.
 */
import type { Readable } from 'node:stream';
import { SourceError } from '../../errors.js';
import { defineSource, type Source, type SourceContext } from '../../source.js';
import { EventLines, pushLines } from '../lines/event-lines.js';
import { type Line, LineSplitter } from '../lines/line-splitter.js';
import { pushEvents } from '../modules/push-events.js';
import { type Begin, loadBegin } from '../modules/user-module.js';
import type { Step } from '../progress/frontier.js';
import { SharedCount } from '../progress/shared-count.js';
import type { ReadableSettings } from './options.js';

class ReadableSource implements Source<ReadableSettings, Step<number>> {
  readonly #count: SharedCount;
  #begin: Begin<Readable | Promise<Readable>> | undefined;

  constructor(private readonly settings: ReadableSettings) {
    this.#count = new SharedCount(settings.count);
  }

  async open({ producer }: SourceContext): Promise<void> {
    producer(this.settings.schema);
    this.#begin = await loadBegin(this.settings.module);
  }

  /** @throws SourceError for what is no stream, or what the stream fails with. */
  async run(context: SourceContext): Promise<void> {
    const { module, options } = this.settings;
    const { signal } = context;
    const count = this.#count;
    count.restart();
    const begin = this.#begin as Begin<Readable | Promise<Readable>>;
    const stream = await begin(options, { signal, acknowledged: count.value });
    if (typeof stream?.[Symbol.asyncIterator] !== 'function' || typeof stream.destroy !== 'function')
      throw new SourceError(`the function of ${module} returned no Readable`);
    // A stream that waits for its next chunk would hold up the end.
    const destroy = () => void stream.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    // It may have been made too late to hear of it.
    if (signal.aborted) destroy();
    try {
      await (stream.readableObjectMode
        ? this.#readEvents(context, stream)
        : this.#readLines(context, stream));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', destroy);
    }
  }

  acknowledge(steps: readonly Step<number>[]): void {
    this.#count.end(steps);
  }

  async #readEvents(context: SourceContext, stream: Readable): Promise<void> {
    const producer = context.producer(this.settings.schema);
    for await (const event of stream)
      await context.deliver(this.#count.add(), (delivery) => pushEvents(producer, [event], delivery));
  }

  async #readLines(context: SourceContext, stream: Readable): Promise<void> {
    const { schema, maxLineBytes } = this.settings;
    const lines = new EventLines(context.producer(schema));
    const splitter = new LineSplitter(maxLineBytes);
    const deliver = async (found: readonly Line[]) => {
      if (found.length === 0) return;
      await context.deliver(this.#count.add(), (delivery) => pushLines(lines, found, delivery));
    };
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
      await deliver([...splitter.take(bytes)]);
    }
    await deliver(splitter.end());
  }
}

export default defineSource((settings: ReadableSettings) => new ReadableSource(settings) as Source);
