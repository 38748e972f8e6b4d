/**
 * How a report shows each figure: its title, its unit, and whether more or less is better.
 */
export interface Shown {
  readonly title: string;
  readonly better: 'more' | 'less';
  readonly format: (value: number) => string;
}

const digits = (value: number, unit: string) => `${three(value)} ${unit}`;

/** A number with three significant digits. */
function three(value: number): string {
  return value !== 0 && Math.abs(value) < 100 ? String(Number(value.toPrecision(3))) : value.toFixed(0);
}

function rate(value: number): string {
  if (value >= 1e6) return `${three(value / 1e6)} M/s`;
  return value >= 1e3 ? `${three(value / 1e3)} k/s` : `${three(value)} /s`;
}

const ns = (value: number) => (value >= 10_000 ? digits(value / 1000, 'µs') : digits(value, 'ns'));
const ms = (value: number) => digits(value, 'ms');
const mb = (value: number) => digits(value, 'MB');
const percent = (value: number) => `${three(100 * value)} %`;
const gb = (value: number) => digits(value, 'GB/s');

export const figures: Readonly<Record<string, Shown>> = {
  eventsPerSecond: { title: 'Events a second', better: 'more', format: rate },
  mainCpuNsPerEvent: { title: 'Main thread: CPU an event', better: 'less', format: ns },
  totalCpuNsPerEvent: { title: 'All threads: CPU an event', better: 'less', format: ns },
  loopDelayP99Ms: { title: 'Event-loop delay of the main thread, p99', better: 'less', format: ms },
  peakMemoryMb: { title: 'Peak memory of the process', better: 'less', format: mb },
  memoryBeforeMb: { title: 'Memory before the way was started', better: 'less', format: mb },
  delayP50Ms: { title: 'From push to handler, p50', better: 'less', format: ms },
  delayP99Ms: { title: 'From push to handler, p99', better: 'less', format: ms },
  delayMaxMs: { title: 'From push to handler, longest', better: 'less', format: ms },
  nsPerEvent: { title: 'Time an event', better: 'less', format: ns },
  messageMs: { title: 'Time a message', better: 'less', format: ms },
  // The median chunk, since other work of the machine falls on few chunks.
  typicalNsPerEvent: { title: 'Time an event, chunk in the middle', better: 'less', format: ns },
  timesFloor: { title: 'Time as a multiple of the floor', better: 'less', format: (v) => `${three(v)} ×` },
  gbPerSecond: { title: 'Bytes stored or copied', better: 'more', format: gb },
  ofMemcpy: { title: 'Bytes stored, of what is copied', better: 'more', format: percent },
  heapBytesPerEvent: { title: 'Bytes of the heap an event', better: 'less', format: (v) => `${three(v)} B` },
  idleCpu: { title: 'CPU of the process, of one core', better: 'less', format: percent },
  requestsPerSecond: { title: 'Requests a second', better: 'more', format: rate },
  answerP50Ms: { title: 'From request to answer, p50', better: 'less', format: ms },
  answerP99Ms: { title: 'From request to answer, p99', better: 'less', format: ms },
  eventsPerFlush: { title: 'Events of a batch, mean', better: 'more', format: three },
  flushes: { title: 'Flushes', better: 'more', format: three },
  importMs: { title: 'Time to import', better: 'less', format: ms },
  timesPiscina: { title: 'Time as a multiple of piscina', better: 'less', format: (v) => `${three(v)} ×` },
  timesOneFlusher: { title: 'As a multiple of one flusher', better: 'more', format: (v) => `${three(v)} ×` },
  timesCollector: { title: 'As a multiple of the collector', better: 'less', format: (v) => `${three(v)} ×` },
  flusherCpuNsPerEvent: { title: 'Flusher: CPU an event', better: 'less', format: ns },
  scrapeMs: { title: 'Time of a scrape', better: 'less', format: ms },
  lateP50Ms: { title: 'Lateness of a flush, p50', better: 'less', format: ms },
  lateP99Ms: { title: 'Lateness of a flush, p99', better: 'less', format: ms },
  lateMaxMs: { title: 'Lateness of a flush, longest', better: 'less', format: ms },
};

/** How a figure is shown; a figure without an entry shows its name and the bare number. */
export function shown(name: string): Shown {
  return figures[name] ?? { title: name, better: 'less', format: three };
}
