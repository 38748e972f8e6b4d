/**
 * Numbers as people read them.
 */
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** "12,345" */
export function wholeText(value: number): string {
  return whole.format(value);
}

/** "1 row", "12,345 rows" */
export function count(value: number, noun: string): string {
  return `${wholeText(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** "0.4 ms", "12 ms" */
export function msText(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : wholeText(ms)} ms`;
}
