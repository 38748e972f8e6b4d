/**
 * The real SQLite sink behind a schedule: a script, given as source text, says at each write whether to store, wait,
 * fail or die. What it saw it counts in shared memory, where that outlives its thread; `scheduled-sink.ts` names the
 * cells.
 */
import { setTimeout } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { loadSink } from '../../dist/src/flow/delivery/sink-loader.js';
import { defineSink } from '../../dist/src/index.js';
import { batchOf } from '../../dist/src/schema/batch-of.js';

export default defineSink(({ script, inner, words, cells }) => {
  const act = new Function(`return (${script});`)();
  const count = (cell, amount = 1) => Atomics.add(words, cells[cell], amount) + amount;
  let sink;
  let writes;

  function sceneOf(n, batch, context) {
    const write = (part) => sink.write(part, { ...context, options: inner.options });
    return {
      n,
      batch,
      attempt: context.attempt,
      store: (rows) => write(rows === undefined ? batch : batchOf(batch.schema, rows)),
      pause: (ms) => setTimeout(ms),
      stick: (ms) => void Atomics.wait(words, cells.gate, 0, ms),
      fail: (message, verdict) => Object.assign(new Error(message), { verdict }),
      die() {
        count('deaths');
        count('rowsAtDeaths', batch.length);
        process.exit(1);
      },
    };
  }

  return {
    async open(context) {
      writes = new Counter({ name: 'sink_writes_total', help: 'Its own.', registers: [context.metrics] });
      sink = await loadSink(inner);
      await sink.open({ ...context, options: inner.options });
    },
    async write(batch, context) {
      const n = count('begun');
      if (context.attempt > 1) count('again');
      else {
        count('batches');
        count('rows', batch.length);
        // Bounds of the buckets are 1, 2, 4, …, inclusive.
        Atomics.add(words, cells.sizes + Math.ceil(Math.log2(batch.length)), 1);
      }
      try {
        const answer = await act(sceneOf(n, batch, context));
        const failed = answer?.failed?.length ?? 0;
        count('returned');
        writes.inc();
        count('committed', batch.length - failed);
        count('errors', failed);
        count('skipped', answer?.skipped ?? 0);
        return answer;
      } catch (error) {
        count('threw');
        count('errors');
        throw error;
      }
    },
    classify: (error) => error.verdict ?? sink.classify(error),
    close: () => sink?.close(),
  };
});
