/**
 * The flow of both measurements: with default settings, into an SQLite file in a folder of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBatchFlow, type Flow } from '../../src/index.js';
import { sqlite } from '../../src/sinks/sqlite/index.js';
import { Request } from '../harness/events.js';

/** Measure with such a flow, which is closed afterwards. @throws Error unless every event has been committed. */
export async function withStoredFlow<T>(measure: (flow: Flow<typeof Request>) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'batchflow-acks-'));
  const flow = await createBatchFlow({ schema: Request, sink: sqlite({ file: join(folder, 'acks.db') }) });
  try {
    const measured = await measure(flow);
    const { committed } = await flow.close();
    const { accepted } = flow.stats();
    if (committed !== accepted) throw new Error(`${committed} of ${accepted} events were committed`);
    return measured;
  } finally {
    await flow.destroy();
    rmSync(folder, { recursive: true });
  }
}
