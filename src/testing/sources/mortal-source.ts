/**
 * A source around another one, whose thread dies when a test says so.
 */
import { loadSource } from '../../flow/sourcing/source-loader.js';
import { defineSource, type Source, type SourceContext, type SourceRef } from '../../source.js';

export interface MortalOptions {
  readonly ref: SourceRef;
  /** The first word changes from 0 when the thread is to die. */
  readonly words: Int32Array;
}

export default defineSource(({ ref, words }: MortalOptions): Source => {
  let source: Source;
  const own = (context: SourceContext): SourceContext =>
    Object.create(context, { options: { value: ref.options, enumerable: true } });
  const dieWhenTold = async () => {
    const told = Atomics.waitAsync(words, 0, 0);
    if (told.async) await told.value;
    process.exit(1);
  };
  return {
    async open(context) {
      if (Atomics.load(words, 0) === 0) void dieWhenTold();
      source = await loadSource(ref);
      await source.open?.(own(context));
    },
    run: (context) => source.run(own(context)),
    acknowledge: (units) => source.acknowledge(units),
    handBack: (units) => source.handBack?.(units),
    close: () => source.close?.(),
  };
});
