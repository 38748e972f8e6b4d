/**
 * What an import of the package loads, and what a flow adds: each module costs time, in whatever file it lies.
 */
import { describe, expect, it } from 'vitest';
import { peerVersions } from '../../dist/src/peer-packages.js';
import manifest from '../../package.json' with { type: 'json' };
import { install, programFolder } from './installed-package.js';
import { loadedBy } from './loaded-modules.js';

/** All that is installed, so that what is not loaded is so by decision. */
function loaded(text: string) {
  const folder = programFolder();
  install(folder, Object.keys(peerVersions));
  const modules = loadedBy(folder, text);
  const isOwn = (name: string) => name.startsWith(`${manifest.name}/`);
  return { own: modules.filter(isOwn), others: modules.filter((name) => !isOwn(name)) };
}

const aFlow = `
  const { createBatchFlow, defineSchema, t } = await import('batchflow-threads');
  const schema = defineSchema('x', { a: t.int32() });
  const flow = await createBatchFlow({ schema, onBatch() {} });
  flow.push({ a: 1 });
  await flow.close();
`;

describe('an import', () => {
  it.each([
    ['batchflow-threads', ['ringbufferjs'], 3],
    ['batchflow-threads/task-queue', ['ringbufferjs'], 3],
    ['batchflow-threads/sinks/sqlite', ['ringbufferjs'], 4],
    ['batchflow-threads/sinks/postgres', ['ringbufferjs'], 4],
    ['batchflow-threads/sinks/mysql', ['ringbufferjs'], 4],
    ['batchflow-threads/metrics', ['ringbufferjs'], 4],
    ['batchflow-threads/server', ['ringbufferjs'], 5],
  ])('of %s loads few modules, and no package but %j', (name, packages, most) => {
    const { own, others } = loaded(`await import('${name}');`);
    expect(others).toEqual(packages);
    expect(own.length).toBeGreaterThan(0);
    expect(own.length, own.join(', ')).toBeLessThanOrEqual(most);
  });
});

describe('a flow', () => {
  it('adds its pool of threads and their messages, and nothing that only flushers need', () => {
    const { own, others } = loaded(aFlow);
    expect(others).toEqual(expect.arrayContaining(['comlink', 'piscina']));
    const unwanted = ['cockatiel', ...Object.keys(peerVersions)];
    expect(others.filter((name) => unwanted.includes(name))).toEqual([]);
    expect(own.length, own.join(', ')).toBeLessThanOrEqual(8);
  });
});
