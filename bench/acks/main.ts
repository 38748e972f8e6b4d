/**
 * `npm run bench:acks`: what it costs to wait for the commit of single events, over HTTP and in a program.
 */
import { readOptions } from '../harness/options.js';
import { runSuite } from '../harness/run.js';
import type { CallsTask } from './calls.js';
import type { RequestsTask } from './requests.js';

const clients = 64;
const overHttp = [
  { name: 'accepted', label: '202, without a wait', path: '/v1/events', status: 202 },
  { name: 'ack', label: '?ack=committed', path: '/v1/events?ack=committed', status: 200 },
];
const inProgram = [
  { name: 'send', label: 'send, without a wait', call: 'send' },
  { name: 'write', label: 'write', call: 'write' },
  { name: 'committed', label: 'push and committed({ since })', call: 'committed' },
] as const;
const options = readOptions(
  'bench:acks',
  { repeats: 7, ms: 4000, quickMs: 500 },
  { ways: [...overHttp, ...inProgram].map(({ name }) => name) },
);
const { ms } = options;
const chosen = ({ name }: { readonly name: string }) => options.chosen.ways.includes(name);

await runSuite(
  {
    suite: 'acks',
    settings: { clients },
    cases: [
      ...overHttp.filter(chosen).map(({ name, label, path, status }) => ({
        key: { name, label, own: true, group: `${clients} clients that post one event each and wait` },
        module: new URL('./requests.js', import.meta.url),
        task: { path, status, clients, ms } satisfies RequestsTask,
      })),
      ...inProgram.filter(chosen).map(({ name, label, call }) => ({
        key: { name, label, own: true, group: `${clients} calls under way in a program` },
        module: new URL('./calls.js', import.meta.url),
        task: { call, underWay: clients, ms } satisfies CallsTask,
      })),
    ],
    notApplicable: [],
    print: ['requestsPerSecond', 'answerP50Ms', 'answerP99Ms', 'mainCpuNsPerEvent', 'eventsPerFlush'],
  },
  options,
);
