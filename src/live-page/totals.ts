/**
 * The exact counts, those of `GET /stats`: in the sum at the top, and by kind at the bottom.
 *
 * Each has `data-stat`, its name, and `data-value`, its number.
 */
import { element, found } from './element.js';
import { exact } from './units.js';
import type { Totals } from './wire.js';

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

export function showTotals(totals: Totals): void {
  const { dropped, batches, errors, ...counts } = totals;
  for (const [name, value] of Object.entries({
    ...counts,
    dropped: sum(dropped),
    errors: sum(errors),
    batches: sum(batches),
  })) {
    const place = document.querySelector<HTMLElement>(`[data-stat="${name}"]`);
    if (place !== null) show(place, value);
  }
  showKinds('batches', batches);
  showKinds('dropped', dropped);
  showKinds('errors', errors);
}

function show(place: HTMLElement, value: number): void {
  place.dataset.value = String(value);
  place.textContent = exact(value);
}

/** A row for each kind; kinds that are new come last. */
function showKinds(group: string, counts: Readonly<Record<string, number>>): void {
  const list = found(`[data-kinds="${group}"]`);
  // Of an earlier run of the service.
  for (const row of list.querySelectorAll<HTMLElement>('[data-kind]')) {
    if (!Object.hasOwn(counts, row.dataset.kind as string)) row.remove();
  }
  for (const [kind, value] of Object.entries(counts)) {
    let place = list.querySelector<HTMLElement>(`[data-stat="${group}.${kind}"]`);
    if (place === null) {
      place = element('dd', { 'data-stat': `${group}.${kind}` });
      const label = element('dt', {}, [kind.replaceAll('_', ' ')]);
      list.append(element('div', { 'data-kind': kind }, [label, place]));
    }
    show(place, value);
  }
  list.classList.toggle('none', Object.keys(counts).length === 0);
}
