/**
 * What an installation without the optional peers can do, and what it says of the rest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineSchema, t } from '../../dist/src/index.js';
import { peerVersions } from '../../dist/src/peer-packages.js';
import manifest from '../../package.json' with { type: 'json' };
import { writeLetters } from '../fixtures/letters.js';
import { install, programFolder, run, runFile } from './installed-package.js';

const command = join('node_modules', manifest.name, manifest.bin.batchflow);

describe('the optional peers', () => {
  it('are those that errors name, and no user has to install them', () => {
    const { peerDependencies, peerDependenciesMeta, devDependencies } = manifest;
    expect(Object.keys(peerDependencies)).toEqual(Object.keys(peerVersions));
    for (const [name, version] of Object.entries(peerVersions)) {
      expect(peerDependencies[name as keyof typeof peerDependencies]).toMatch(
        new RegExp(`(^|\\|\\| )(\\^|>=)${version}\\b`),
      );
      expect(peerDependenciesMeta[name as keyof typeof peerDependenciesMeta]).toEqual({ optional: true });
      // The tests run with the version that users are told to install.
      expect(devDependencies[name as keyof typeof devDependencies]).toMatch(new RegExp(`^${version}\\.`));
    }
  });
});

describe('an installation without them', () => {
  it('has the whole engine: a flow commits rows with a schema and without, and counts them', () => {
    const folder = programFolder();
    install(folder);
    const { stdout, stderr, status } = run(
      folder,
      `import { createBatchFlow, defineSchema, t } from 'batchflow-threads';
      import { prometheus, addReporter } from 'batchflow-threads/metrics';
      import { sqlite } from 'batchflow-threads/sinks/sqlite';
      import { RingTaskQueue } from 'batchflow-threads/task-queue';
      let rows = 0;
      const onBatch = (batch) => void (rows += batch.length);
      const schema = defineSchema('x', { a: t.int32() });
      for (const settings of [{ schema, onBatch }, { onBatch }]) {
        const flow = await createBatchFlow(settings);
        flow.push({ a: 1 });
        await flow.committed();
        await flow.close();
      }
      console.log(rows, typeof prometheus, typeof addReporter, typeof sqlite, new RingTaskQueue(1).size);`,
    );
    expect({ stdout, stderr, status }).toEqual({
      stdout: '2 function function function 0\n',
      stderr: '',
      status: 0,
    });
  });

  it('stores rows in SQLite with better-sqlite3 alone, without the metric of the sink', () => {
    const folder = programFolder();
    install(folder, ['better-sqlite3']);
    const { stdout, stderr } = run(
      folder,
      `import { createBatchFlow, defineSchema, t } from 'batchflow-threads';
      import { sqlite } from 'batchflow-threads/sinks/sqlite';
      const schema = defineSchema('x', { a: t.int32() });
      const flow = await createBatchFlow({ schema, sink: sqlite({ file: 'x.db' }) });
      flow.push({ a: 1 });
      await flow.committed();
      console.log(flow.stats().committed, flow.metrics().sink.length);
      await flow.close();`,
    );
    expect({ stdout, stderr }).toEqual({ stdout: '1 0\n', stderr: '' });
  });

  it('a driver of another Node.js version fails with the lines of its message as one', () => {
    const folder = programFolder();
    install(folder);
    const driver = join(folder, 'node_modules', 'better-sqlite3');
    mkdirSync(driver);
    const fault = JSON.stringify('The module\nwas compiled\r\n  elsewhere.\n');
    writeFileSync(
      join(driver, 'index.js'),
      `module.exports = class { constructor() { throw new Error(${fault}); } };`,
    );
    const { stdout } = run(
      folder,
      `import { createBatchFlow, defineSchema, t } from 'batchflow-threads';
      import { sqlite } from 'batchflow-threads/sinks/sqlite';
      const schema = defineSchema('x', { a: t.int32() });
      await createBatchFlow({ schema, sink: sqlite({ file: 'x.db' }) }).catch(({ message }) => console.log(message));`,
    );
    expect(stdout).toMatch(/cannot open the SQLite file .*\.db: The module was compiled elsewhere\.\n$/);
  });

  it.each([
    [
      'prometheus(flow) names prom-client',
      `import { createBatchFlow } from 'batchflow-threads';
      import { prometheus } from 'batchflow-threads/metrics';
      const flow = await createBatchFlow({ onBatch() {} });
      try { prometheus(flow); } catch (error) { console.log(error.code, error.message); }
      await flow.close();`,
      'ERR_PACKAGE a Prometheus registry needs prom-client, which is not installed: npm i prom-client@15\n',
    ],
    [
      'the service names both packages that it needs',
      `import { createBatchFlow, defineSchema, t } from 'batchflow-threads';
      import { createIngestService } from 'batchflow-threads/server';
      const schema = defineSchema('x', { a: t.int32() });
      const flow = await createBatchFlow({ schema, onBatch() {} });
      try { createIngestService({ flow, schema }); } catch (error) { console.log(error.code, error.message); }
      await flow.close();`,
      'ERR_PACKAGE the ingest service needs fastify, prom-client, which are not installed: ' +
        'npm i fastify@5 prom-client@15\n',
    ],
  ])('%s', (_, program, says) => {
    const folder = programFolder();
    install(folder);
    expect(run(folder, program)).toEqual({ stdout: says, stderr: '', status: 0 });
  });

  it('the sink that asks for a registry fails to open, and the error names prom-client', () => {
    const folder = programFolder();
    install(folder);
    const { stdout } = run(
      folder,
      `import { createBatchFlow, handler } from 'batchflow-threads';
      const text = 'export default { open(context) { context.metrics; }, write() {} };';
      const sink = handler('data:text/javascript,' + encodeURIComponent(text));
      await createBatchFlow({ sink }).catch((error) => console.log(error.code, error.message));`,
    );
    expect(stdout).toMatch(/^ERR_SINK .*prom-client, which is not installed: npm i prom-client@15\n$/);
  });

  it('the command line names everything that it needs, at once', () => {
    const folder = programFolder();
    install(folder);
    expect(runFile(folder, command, 'serve')).toEqual({
      stdout: '',
      stderr:
        'error: the command batchflow needs better-sqlite3, commander, fastify, picocolors, prom-client, ' +
        'which are not installed: npm i better-sqlite3@12 commander@14 fastify@5 picocolors@1 prom-client@15\n',
      status: 1,
    });
  });

  it('all of the command line but the service goes without the packages of the service', () => {
    const folder = programFolder();
    install(folder, ['better-sqlite3', 'commander', 'picocolors']);
    expect(runFile(folder, command, 'serve', '--help')).toMatchObject({ stderr: '', status: 0 });
    expect(runFile(folder, command, '--version')).toMatchObject({ stderr: '', status: 0 });
    expect(runFile(folder, command, 'dead-letters', 'list', '--file', 'none.db').stderr).toMatch(
      /^error: there is no file none\.db;/,
    );
  });

  it.each([
    ['postgres://app@127.0.0.1:1/x', 'the sink postgres: needs pg, which is not installed: npm i pg@8'],
    ['mysql://app@127.0.0.1:1/x', 'the sink mysql: needs mysql2, which is not installed: npm i mysql2@3'],
    ['mariadb://app@127.0.0.1:1/x', 'the sink mysql: needs mysql2, which is not installed: npm i mysql2@3'],
  ])('the command line names the package that a sink needs: %s', async (sink, says) => {
    const folder = programFolder();
    install(
      folder,
      Object.keys(peerVersions).filter((name) => name !== 'pg' && name !== 'mysql2'),
    );
    const clicks = defineSchema('clicks', { id: t.int32() });
    await writeLetters(join(folder, 'letters.db'), clicks, [{ id: 1 }]);
    for (const args of [
      ['serve', '--port', '0'],
      ['dead-letters', 'replay', '--file', 'letters.db'],
    ]) {
      const { stderr, status } = runFile(folder, command, ...args, '--sink', sink);
      expect([stderr, status]).toEqual([`error: ${says}\n`, 1]);
    }
  });

  it('the command line names one package where only that is missing, and runs when all are there', () => {
    const folder = programFolder();
    const peers = Object.keys(peerVersions);
    install(
      folder,
      peers.filter((name) => name !== 'fastify'),
    );
    expect(runFile(folder, command, 'serve').stderr).toBe(
      'error: the command batchflow needs fastify, which is not installed: npm i fastify@5\n',
    );
    const whole = programFolder();
    install(whole, peers);
    expect(runFile(whole, command, '--version')).toEqual({
      stdout: `${manifest.version}\n`,
      stderr: '',
      status: 0,
    });
  });
});
