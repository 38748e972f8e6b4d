/**
 * The PostgreSQL sink, and a tally of when it receives each batch, or of when the batch is committed.
 */
import { type Batch, defineSink, handler, type Schema, type SinkRef } from '../../src/index.js';
import { postgres } from '../../src/sinks/postgres/index.js';
import postgresSink from '../../src/sinks/postgres/sink.js';
import { Tally, type TallyMemory } from '../harness/tally.js';

interface NotingOptions {
  readonly url: string;
  /** Moment that is noted. */
  readonly noted: 'received' | 'committed';
  readonly memory: TallyMemory;
}

export function notingSink(options: NotingOptions): SinkRef {
  return handler(new URL(import.meta.url), options);
}

export default defineSink<NotingOptions>(({ url, noted, memory }) => {
  const tally = new Tally(memory);
  const options = postgres({ url }).options as never;
  const sink = postgresSink.create(options);
  return {
    open: (context) => sink.open?.({ ...context, options } as never),
    async write(batch, context) {
      if (noted === 'received') tally.batch(batch as Batch<Schema>);
      const answer = await sink.write(batch as never, { ...context, options } as never);
      if (noted === 'committed') tally.batch(batch as Batch<Schema>);
      return answer;
    },
    close: () => sink.close?.(),
  };
});
