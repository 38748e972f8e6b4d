/**
 * The source that reads a generator, loaded by the source's thread. What it yields is a unit: an event, or an array of
 * events.
 */
import { defineSource, type Source, type SourceContext } from '../../source.js';
import type { ModuleSettings } from '../modules/module-options.js';
import { pushEvents } from '../modules/push-events.js';
import { type Begin, loadBegin } from '../modules/user-module.js';
import type { Step } from '../progress/frontier.js';
import { SharedCount } from '../progress/shared-count.js';

type Events = AsyncIterable<unknown> | Iterable<unknown>;

class GeneratorSource implements Source<ModuleSettings, Step<number>> {
  readonly #count: SharedCount;
  #begin: Begin<Events | Promise<Events>> | undefined;

  constructor(private readonly settings: ModuleSettings) {
    this.#count = new SharedCount(settings.count);
  }

  async open({ producer }: SourceContext): Promise<void> {
    producer(this.settings.schema);
    this.#begin = await loadBegin(this.settings.module);
  }

  async run(context: SourceContext): Promise<void> {
    const { schema, options } = this.settings;
    const producer = context.producer(schema);
    const { signal } = context;
    const count = this.#count;
    count.restart();
    const begin = this.#begin as Begin<Events | Promise<Events>>;
    for await (const made of await begin(options, { signal, acknowledged: count.value })) {
      const events = Array.isArray(made) ? made : [made];
      await context.deliver(count.add(), (delivery) => pushEvents(producer, events, delivery));
      if (signal.aborted) return;
    }
  }

  acknowledge(steps: readonly Step<number>[]): void {
    this.#count.end(steps);
  }
}

export default defineSource((settings: ModuleSettings) => new GeneratorSource(settings) as Source);
