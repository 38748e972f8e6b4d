/**
 * Numbers as texts: short ones for charts and figures, exact ones for totals.
 */
export type Unit = 'count' | 'rate' | 'seconds' | 'share' | 'circuit';

const circuits = ['closed', 'half-open', 'open'];

/** @returns three digits with their unit; a dash for null, when nothing happened. */
export function short(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'circuit') return circuits[value] ?? '–';
  if (unit === 'share') return `${digits(value * 100)} %`;
  if (unit === 'seconds') return duration(value);
  return unit === 'rate' ? `${scaled(value)}/s` : scaled(value);
}

/** 1234567 as 1,234,567. */
export function exact(value: number): string {
  return value.toLocaleString('en');
}

/** From a moment in milliseconds: 14:03:22. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** From milliseconds: 3 d 4 h, 2 h 5 min, 5 min 3 s, 12 s. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([n], i) => n > 0 || i === parts.length - 1);
  return parts
    .slice(first, first + 2)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}

function scaled(value: number): string {
  if (value >= 999_500_000) return `${digits(value / 1e9)}G`;
  if (value >= 999_500) return `${digits(value / 1e6)}M`;
  if (value >= 9995) return `${digits(value / 1e3)}k`;
  return value >= 1000 ? exact(Math.round(value)) : digits(value);
}

function duration(seconds: number): string {
  if (seconds >= 99.95) return `${digits(seconds / 60)} min`;
  if (seconds >= 0.9995) return `${digits(seconds)} s`;
  if (seconds >= 0.0009995) return `${digits(seconds * 1e3)} ms`;
  return seconds === 0 ? '0 ms' : `${digits(seconds * 1e6)} µs`;
}

/** At most three, and none that say nothing. */
function digits(value: number): string {
  const places = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return String(Number(value.toFixed(places)));
}
