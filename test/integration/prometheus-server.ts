/**
 * The real Prometheus on the loopback, with `prometheus/prometheus.yml`: only the targets and the intervals are others.
 * Its data are in a temporary folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../dist/bench/harness/free-port.js';
import { until } from '../fixtures/until.js';

export const configFolder = new URL('prometheus/', import.meta.url);

const jobs = ['batchflow', 'collector'] as const;
export type Targets = Readonly<Partial<Record<(typeof jobs)[number], readonly string[]>>>;
const targetsOf = (job: string) => new RegExp(`(job_name: ${job}\\n[^]*?- targets:) .*`);

export type Labels = Readonly<Record<string, string>>;
export interface Value {
  readonly labels: Labels;
  readonly value: number;
}
export interface Curve {
  readonly labels: Labels;
  /** Time in seconds, value. */
  readonly points: readonly (readonly [number, number])[];
}

export class PrometheusServer {
  private constructor(
    private readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /**
   * @param targets hosts and ports that are scraped, by the name of the job; jobs without one scrape nothing.
   * @param interval of scrapes and of looks at the alerts, as Prometheus writes it.
   * @throws Error when it does not start; with what it said.
   */
  static async start(targets: Targets, interval: string): Promise<PrometheusServer> {
    // Another program may be quicker to take the port.
    for (let tries = 2; tries > 0; tries--) {
      const started = await PrometheusServer.#startAt(await freePort(), targets, interval).catch(
        () => undefined,
      );
      if (started !== undefined) return started;
    }
    return PrometheusServer.#startAt(await freePort(), targets, interval);
  }

  static async #startAt(port: number, targets: Targets, interval: string): Promise<PrometheusServer> {
    const folder = mkdtempSync(join(tmpdir(), 'batchflow-prometheus-'));
    const config = replaceAll(readFileSync(new URL('prometheus.yml', configFolder), 'utf8'), [
      [/(scrape_interval:) .*/, `$1 ${interval}`],
      [/(evaluation_interval:) .*/, `$1 ${interval}`],
      ...jobs.map((job) => [targetsOf(job), `$1 ${JSON.stringify(targets[job] ?? [])}`] as const),
    ]);
    writeFileSync(join(folder, 'prometheus.yml'), config);
    for (const rules of ['alerts.yml', 'source-alerts.yml'])
      copyFileSync(new URL(rules, configFolder), join(folder, rules));
    const address = `127.0.0.1:${port}`;
    const options = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--log.level=error'];
    const child = spawn('prometheus', [...options, `--web.listen-address=${address}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Should this process end before `stop()`.
    process.once('exit', () => child.kill());
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const server = new PrometheusServer(`http://${address}`, child, folder);
    try {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
        return (await fetch(`${server.url}/-/ready`).catch(() => undefined))?.ok ?? false;
      }, 'a Prometheus that is ready');
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** What an expression is worth at a time. @param at milliseconds; default now. */
  async instant(expr: string, at = Date.now()): Promise<Value[]> {
    type Answer = { result: { metric: Labels; value: [number, string] }[] };
    const { result } = await this.#ask<Answer>('query', { query: expr, time: String(at / 1000) });
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** How it went from a time to another, in milliseconds. */
  async range(expr: string, from: number, to: number, stepSeconds: number): Promise<Curve[]> {
    type Answer = { result: { metric: Labels; values: [number, string][] }[] };
    const times = { start: String(from / 1000), end: String(to / 1000), step: String(stepSeconds) };
    const { result } = await this.#ask<Answer>('query_range', { query: expr, ...times });
    return result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(([time, value]) => [time, Number(value)] as const),
    }));
  }

  async labelValues(label: string, selector: string): Promise<string[]> {
    return this.#ask(`label/${label}/values`, { 'match[]': selector }, 'GET');
  }

  /** The names of the alerts of a group that it has loaded. */
  async alerts(group: string): Promise<string[]> {
    type Answer = { groups: { name: string; rules: { name: string }[] }[] };
    const { groups } = await this.#ask<Answer>('rules', {}, 'GET');
    return groups.filter(({ name }) => name === group).flatMap(({ rules }) => rules.map(({ name }) => name));
  }

  async stop(): Promise<void> {
    if (this.process.pid !== undefined && this.process.exitCode === null && this.process.kill())
      await once(this.process, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ask<T>(what: string, fields: Record<string, string>, method = 'POST'): Promise<T> {
    const form = new URLSearchParams(fields);
    const url = `${this.url}/api/v1/${what}`;
    const response = await (method === 'GET' ? fetch(`${url}?${form}`) : fetch(url, { method, body: form }));
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`${error}: ${fields.query ?? what}`);
    return data;
  }
}

/** @throws Error when one of the patterns is not there. */
function replaceAll(text: string, changes: readonly (readonly [RegExp, string])[]): string {
  for (const [pattern, by] of changes) {
    if (!pattern.test(text)) throw new Error(`prometheus.yml has no ${pattern}`);
    text = text.replace(pattern, by);
  }
  return text;
}
