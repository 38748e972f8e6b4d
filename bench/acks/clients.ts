/**
 * The process of the clients: each posts one event, waits for the answer, and goes on with the next, until the time is
 * up. Its command line has the task as JSON; the figures go to standard output as JSON.
 */
import { Agent, request } from 'node:http';
import { percentile } from '../harness/report/statistics.js';

export interface ClientsTask {
  readonly port: number;
  /** Path and query of the requests. */
  readonly path: string;
  /** Status of every answer. */
  readonly status: number;
  readonly clients: number;
  readonly ms: number;
}

export interface ClientsFigures {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const task = JSON.parse(process.argv[2] as string) as ClientsTask;
const agent = new Agent({ keepAlive: true, maxSockets: task.clients });
const body = JSON.stringify({
  at: '2026-01-01T00:00:00Z',
  method: 'GET',
  path: '/api/v1/items/7',
  status: 200,
  durationMs: 1.5,
  message: 'one of many requests, of some length',
});
const headers = { 'content-type': 'application/json', 'content-length': body.length };

function post(): Promise<number> {
  const { port, path, status } = task;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        if (answer.statusCode === status) resolve(performance.now() - began);
        else reject(new Error(`answered ${answer.statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const began = performance.now();
const took: number[] = [];
await Promise.all(
  Array.from({ length: task.clients }, async () => {
    while (performance.now() < began + task.ms) took.push(await post());
  }),
);
const seconds = (performance.now() - began) / 1000;
agent.destroy();
const sorted = Float64Array.from(took).sort();
const figures: ClientsFigures = {
  requests: took.length,
  seconds,
  p50Ms: percentile(sorted, 50),
  p99Ms: percentile(sorted, 99),
};
process.stdout.write(JSON.stringify(figures));
