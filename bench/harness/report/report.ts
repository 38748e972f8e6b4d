/**
 * A report of a suite: the command, the machine, the versions, and every repeat of every figure. Each suite has one
 * JSON file in `bench/results`, from which the page and the pictures are made.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { z } from 'zod';

export const suites = [
  'peers',
  'limits',
  'deadlines',
  'sqlite',
  'sql',
  'sinks',
  'acks',
  'shards',
  'start',
  'collector',
  'hosts',
] as const;
export type SuiteName = (typeof suites)[number];

const figure = z.strictObject({
  median: z.number(),
  min: z.number(),
  max: z.number(),
  all: z.array(z.number()).min(1),
});

const result = z.strictObject({
  /** Name on the command line. */
  name: z.string(),
  label: z.string(),
  /** Whether the way is this project's. */
  own: z.boolean(),
  /** Conditions that the compared ways share: `full speed, batch 1000, 1 producer`. */
  group: z.string(),
  /** Figures by name; the end of a name is its unit. */
  figures: z.record(z.string(), figure),
});

const report = z.strictObject({
  suite: z.enum(suites),
  command: z.string(),
  /** Time at the end of the run. */
  date: z.iso.datetime(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int().positive(),
    memoryBytes: z.int().positive(),
    system: z.string(),
  }),
  versions: z.record(z.string(), z.string()),
  /** Settings of the measurements. */
  settings: z.record(z.string(), z.unknown()),
  results: z.array(result).min(1),
  /** Ways that were left out of a group, and the reason. */
  notApplicable: z.array(z.strictObject({ group: z.string(), label: z.string(), reason: z.string() })),
});

export type Result = z.infer<typeof result>;
export type Report = z.infer<typeof report>;

/** The part of a report that the suite itself provides. */
export type Findings = Pick<Report, 'suite' | 'command' | 'settings' | 'results' | 'notApplicable'>;

const packages = ['batchflow-threads', 'better-sqlite3', 'comlink', 'piscina', 'thread-stream', 'tinypool'];
// This file runs from dist/bench/harness/report.
const root = new URL('../../../../', import.meta.url);

/** Folder of the published results. */
export const resultsFolder = new URL('bench/results/', root);

/** Write a report to a folder, which is made when missing. */
export function writeReport(findings: Findings, folder: URL): Report {
  const [cpu, ...others] = cpus();
  const written = report.parse({
    ...findings,
    date: new Date().toISOString(),
    machine: {
      cpu: cpu?.model.trim() ?? 'unknown',
      cores: others.length + 1,
      memoryBytes: totalmem(),
      system: `${type()} ${release()} ${process.arch}`,
    },
    versions: {
      node: process.version,
      ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    },
  } satisfies Report);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${written.suite}.json`, folder), `${JSON.stringify(written, null, 1)}\n`);
  return written;
}

/**
 * The report of a suite; undefined when there is none yet.
 *
 * @throws ZodError when the file is not a report.
 */
export function readReport(suite: SuiteName, folder: URL): Report | undefined {
  let text: string;
  try {
    text = readFileSync(new URL(`${suite}.json`, folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return report.parse(JSON.parse(text));
}

function versionOf(name: string): string {
  const folder = name === 'batchflow-threads' ? root : new URL(`node_modules/${name}/`, root);
  return JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).version;
}
