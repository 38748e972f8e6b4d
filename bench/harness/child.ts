/**
 * The process of one measurement: what to measure, and its task as JSON, come on the command line; the figures go to
 * standard output as JSON.
 */
import type { Figures } from './measuring.js';

const [kind, task] = process.argv.slice(2) as [Kind, string];

export type Kind = keyof typeof kinds;

/** Each loads only what it measures. */
const kinds = {
  way: async () => (await import('../peers/measure.js')).measure,
  limit: async () => (await import('../limits/measure.js')).measure,
  idle: async () => (await import('../deadlines/idle.js')).measure,
  deadline: async () => (await import('../deadlines/measure.js')).measure,
};

const measure = (await kinds[kind]()) as (task: unknown) => Figures | Promise<Figures>;
const figures = await measure(JSON.parse(task));
process.stdout.write(JSON.stringify(figures));
