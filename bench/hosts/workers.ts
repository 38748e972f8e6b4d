/**
 * Workers as processes, from a stream of three replicas: how fast they are together, and what an event costs them.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Figures } from '../harness/measuring.js';
import { three, withClient } from '../sinks/nats-places.js';
import { makeStream, packed, publish, removeStream, stream } from './messages.js';
import type { WorkerReport, WorkerSettings } from './worker-process.js';

export interface WorkersTask extends WorkerSettings {
  readonly step: 'workers';
  readonly workers: number;
  readonly messages: number;
  /** Whether the messages are there before the workers are. */
  readonly ahead: boolean;
}

export function measureWorkers(task: WorkersTask): Promise<Figures> {
  const { workers, messages, rows, partitions, ahead } = task;
  return withClient(three, async (client) => {
    await makeStream(client, three.replicas);
    const fill = () => publish(client, packed(rows), 8, partitions, (sent) => sent < messages);
    if (ahead) await fill();
    const processes = Array.from({ length: workers }, () =>
      fork(new URL('./worker-process.js', import.meta.url), [JSON.stringify(task)]),
    );
    await Promise.all(processes.map((each) => once(each, 'message')));
    const began = performance.now();
    if (!ahead) await fill();
    while (!(await isDone(client, messages))) await setTimeout(5);
    const ms = performance.now() - began;
    const reports = await Promise.all(processes.map(reportOf));
    await removeStream(client);
    const total = reports.reduce((sum, report) => sum + report.rows, 0);
    if (total !== messages * rows) throw new Error(`${total} rows of ${messages * rows}`);
    const cpuNs = reports.reduce((sum, report) => sum + report.cpuNs, 0);
    return { eventsPerSecond: (1000 * total) / ms, totalCpuNsPerEvent: cpuNs / total };
  });
}

/** Whether all messages are acknowledged. */
async function isDone(client: NatsConnection, messages: number): Promise<boolean> {
  const { consumers } = await jetstreamManager(client, { checkAPI: false });
  let acknowledged = 0;
  for await (const { num_pending, num_ack_pending, delivered } of consumers.list(stream)) {
    if (num_pending + num_ack_pending > 0) return false;
    acknowledged += delivered.consumer_seq;
  }
  return acknowledged >= messages;
}

async function reportOf(worker: ChildProcess): Promise<WorkerReport> {
  worker.send('end');
  const [report] = (await once(worker, 'message')) as [WorkerReport];
  await once(worker, 'exit');
  return report;
}
