/**
 * Records the lines of datagrams, and counts them. A line is taken as a whole or not at all.
 */
import type { EventLabels, Recorder } from '../api/recorder.js';
import { Gauges } from './gauges.js';
import { type LineFault, LineParser } from './line-parser.js';
import { metricName, secondsName } from './names.js';
import { type Tags, tagsOf } from './tags.js';

/** `lines` is the sum of `accepted`, of all in `ignored`, and of all in `rejected`. */
export interface LineCounts {
  datagrams: number;
  bytes: number;
  /** Lines that are not empty. */
  lines: number;
  accepted: number;
  /** Events that the recorder took; one for each value, and several for a sampled one. */
  recorded: number;
  /** Events that it did not take. */
  dropped: number;
  readonly ignored: { events: number; serviceChecks: number };
  readonly rejected: Record<LineFault, number>;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const event = Buffer.from('_e{');
const serviceCheck = Buffer.from('_sc|');
/** Events at most for one sampled value: what a client sends must not keep the thread busy. */
const mostRepeats = 100;
/** Events at most for one line, unless it has more values. */
const mostOfLine = 10_000;

export class LineRecorder {
  readonly counts: LineCounts = {
    ...{ datagrams: 0, bytes: 0, lines: 0, accepted: 0, recorded: 0, dropped: 0 },
    ignored: { events: 0, serviceChecks: 0 },
    rejected: { name: 0, value: 0, type: 0, rate: 0, set: 0, negative_counter: 0, gauge_limit: 0 },
  };
  readonly #parser = new LineParser();
  readonly #gauges: Gauges;

  constructor(
    private readonly recorder: Recorder,
    maxGauges: number,
  ) {
    this.#gauges = new Gauges(maxGauges);
  }

  /** Record all lines of a datagram. Never throws. */
  read(bytes: Buffer): void {
    this.counts.datagrams++;
    this.counts.bytes += bytes.length;
    for (let start = 0; start < bytes.length; ) {
      const found = bytes.indexOf(newline, start);
      const next = found < 0 ? bytes.length : found;
      const end = next > start && bytes[next - 1] === carriageReturn ? next - 1 : next;
      if (end > start) this.#readLine(bytes, start, end);
      start = next + 1;
    }
  }

  #readLine(bytes: Buffer, start: number, end: number): void {
    const { counts } = this;
    counts.lines++;
    if (startsWith(event, bytes, start, end)) counts.ignored.events++;
    else if (startsWith(serviceCheck, bytes, start, end)) counts.ignored.serviceChecks++;
    else {
      const fault = this.#parser.parse(bytes, start, end) ?? this.#record();
      if (fault === undefined) counts.accepted++;
      else counts.rejected[fault]++;
    }
  }

  /** Record the line that the parser holds. */
  #record(): LineFault | undefined {
    const { name, type, tags } = this.#parser;
    if (type === 'gauge') return this.#recordGauges(metricName(name), tagsOf(tags));
    const { labels } = tagsOf(tags);
    if (type === 'counter') return this.#recordCounters(metricName(name), labels);
    if (type === 'timer') this.#recordHistograms(secondsName(name), labels, 1000);
    else this.#recordHistograms(metricName(name), labels, 1);
    return undefined;
  }

  #recordCounters(name: string, labels: EventLabels): LineFault | undefined {
    const { values, rate } = this.#parser;
    for (const value of values) if (value < 0) return 'negative_counter';
    for (const value of values) this.#tell('recordCounter', name, labels, value / rate);
    return undefined;
  }

  #recordHistograms(name: string, labels: EventLabels, unit: number): void {
    const { values, rate } = this.#parser;
    const share = Math.max(1, Math.floor(mostOfLine / values.length));
    const repeats = Math.min(mostRepeats, share, Math.round(1 / rate));
    for (const value of values)
      for (let i = 0; i < repeats; i++) this.#tell('recordHistogram', name, labels, value / unit);
  }

  #recordGauges(name: string, { labels, key }: Tags): LineFault | undefined {
    const { values, signed } = this.#parser;
    const gauge = `${name} ${key}`;
    let last: number | undefined;
    for (const [i, value] of values.entries()) {
      if (!signed[i]) this.#gauges.set(gauge, value);
      last = signed[i] ? this.#gauges.change(gauge, value) : value;
      if (last === undefined) return 'gauge_limit';
    }
    if (last !== undefined) this.#tell('recordGauge', name, labels, last);
    return undefined;
  }

  #tell(
    method: 'recordCounter' | 'recordGauge' | 'recordHistogram',
    name: string,
    labels: EventLabels,
    value: number,
  ): void {
    let taken = false;
    try {
      taken = this.recorder[method](name, labels, value);
    } catch {
      // A recorder that is closed takes nothing.
    }
    if (taken) this.counts.recorded++;
    else this.counts.dropped++;
  }
}

function startsWith(prefix: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}
