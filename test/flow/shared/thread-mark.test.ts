/**
 * Marks of threads: a look says that a thread has ended when it has, also where its number is another's by then.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { hasEnded, ownMark, unknownThread } from '../../../dist/src/flow/shared/thread-mark.js';
import { until } from '../../fixtures/until.js';

const module = new URL('../../../dist/src/flow/shared/thread-mark.js', import.meta.url).href;
const code = `
  const { parentPort } = require('node:worker_threads');
  import(${JSON.stringify(module)}).then(({ ownMark, hasEnded }) => {
    parentPort.on('message', (mark) => parentPort.postMessage(hasEnded(mark)));
    parentPort.postMessage(ownMark());
  });`;

/** A thread that says its mark. */
async function thread(): Promise<{ worker: Worker; mark: number }> {
  const worker = new Worker(code, { eval: true });
  const [mark] = (await once(worker, 'message')) as [number];
  return { worker, mark };
}

/** What a thread of the same number has for a mark that started ten milliseconds later. */
const later = (mark: number) => (mark + (1 << 22)) | 0;

describe.runIf(process.platform === 'linux')('the mark of a thread', () => {
  it('should be its own, and never change', async () => {
    const { worker, mark } = await thread();
    expect(mark).not.toBe(ownMark());
    expect(ownMark()).toBe(ownMark());
    expect(ownMark()).not.toBe(unknownThread);
    await worker.terminate();
  });

  it('should tell other threads of its end, and not before', async () => {
    const [one, other] = await Promise.all([thread(), thread()]);
    const seenByOther = async (mark: number) => {
      other.worker.postMessage(mark);
      return (await once(other.worker, 'message'))[0];
    };
    expect(hasEnded(one.mark)).toBe(false);
    expect(await seenByOther(one.mark)).toBe(false);
    await one.worker.terminate();
    await until(() => hasEnded(one.mark), 'the end of the thread');
    expect(await seenByOther(one.mark)).toBe(true);
    expect(await seenByOther(ownMark())).toBe(false);
    await other.worker.terminate();
  });

  it('should not be taken for that of a later thread with the same number', () => {
    expect(hasEnded(ownMark())).toBe(false);
    expect(hasEnded(later(ownMark()))).toBe(true);
  });
});

describe('the mark of no thread', () => {
  it.each([0, unknownThread])('%i should never end', (mark) => {
    expect(hasEnded(mark)).toBe(false);
  });
});
