/**
 * Measures requests to the ingest service, from clients in a process of their own: how many are answered in a second,
 * how long an answer takes, and what a request costs the service's main thread.
 */
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createIngestService } from '../../src/server/index.js';
import { Request } from '../harness/events.js';
import type { Figures } from '../harness/measuring.js';
import { startCost } from '../ways/cost.js';
import type { ClientsFigures, ClientsTask } from './clients.js';
import { withStoredFlow } from './stored-flow.js';

export interface RequestsTask extends Pick<ClientsTask, 'path' | 'status' | 'clients' | 'ms'> {}

export function measure(task: RequestsTask): Promise<Figures> {
  return withStoredFlow(async (flow) => {
    const service = createIngestService({ flow, schema: Request, livePage: false });
    await service.listen({ port: 0, host: '127.0.0.1' });
    const { port } = service.server.address() as AddressInfo;
    // A warm-up, that is not counted.
    await runClients({ ...task, port, ms: task.ms / 2 });
    const { committed: before, batches: earlier } = flow.stats();
    const end = startCost();
    const { requests, seconds, p50Ms, p99Ms } = await runClients({ ...task, port });
    const { mainCpuNs } = end();
    await flow.flush();
    const { committed, batches } = flow.stats();
    await service.close();
    const flushes = total(batches) - total(earlier);
    return {
      requestsPerSecond: requests / seconds,
      answerP50Ms: p50Ms,
      answerP99Ms: p99Ms,
      mainCpuNsPerEvent: mainCpuNs === null ? null : mainCpuNs / requests,
      eventsPerFlush: (committed - before) / flushes,
    };
  });
}

async function runClients(task: ClientsTask): Promise<ClientsFigures> {
  const file = fileURLToPath(new URL('./clients.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(task)]);
  return JSON.parse(stdout) as ClientsFigures;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
