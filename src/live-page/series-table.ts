/**
 * The table of series: a row for each, by name, with what it is at the latest sample. A row's button chooses it.
 */
import { unitOf } from './collect-charts.js';
import type { CollectRow } from './collect-rows.js';
import type { ShownSeries } from './collect-wire.js';
import { element, found } from './element.js';
import { short } from './units.js';

interface TableRow {
  readonly row: HTMLTableRowElement;
  readonly cells: readonly HTMLTableCellElement[];
}

export class SeriesTable {
  readonly #rows = new Map<number, TableRow>();
  #chosen: ShownSeries | undefined;

  /** @param chosen called with the series that is chosen, the first one at the beginning. */
  constructor(private readonly chosen: (series: ShownSeries) => void) {}

  /** Forget all series: those of another run have other numbers. */
  clear(): void {
    for (const { row } of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.#chosen = undefined;
  }

  show(series: readonly ShownSeries[], latest: CollectRow): void {
    found('#no-series').hidden = series.length > 0;
    found('.series table').hidden = series.length === 0;
    const sorted = [...series].sort((a, b) => (a.name < b.name ? -1 : 1));
    const ids = new Set(sorted.map(({ id }) => id));
    for (const [id, { row }] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    const body = found('#series');
    for (const [i, each] of sorted.entries()) {
      const { row, cells } = this.#rowOf(each);
      // A row that moves would lose the keyboard.
      if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
      this.#fill(cells, each, latest);
    }
    const [first] = sorted;
    if (this.#chosen === undefined && first !== undefined) this.#choose(first);
  }

  #rowOf(series: ShownSeries): TableRow {
    const known = this.#rows.get(series.id);
    if (known !== undefined) return known;
    const button = element('button', { type: 'button' }, [series.name]);
    button.addEventListener('click', () => this.#choose(series));
    const cells = [0, 1, 2, 3].map(() => element('td'));
    const row = element('tr', { 'data-series': series.name }, [
      element('td', {}, [button]),
      element('td', {}, [series.type]),
      ...cells,
    ]);
    const made = { row, cells };
    this.#rows.set(series.id, made);
    return made;
  }

  #fill(
    cells: readonly HTMLTableCellElement[],
    { id, name, type }: ShownSeries,
    { values }: CollectRow,
  ): void {
    const [, value, ...quantiles] = values.get(id) ?? [];
    const texts = [
      short(value, type === 'gauge' ? 'count' : 'rate'),
      ...[0, 1, 2].map((i) => (type === 'histogram' ? short(quantiles[i], unitOf(name)) : '')),
    ];
    for (const [i, cell] of cells.entries())
      if (cell.textContent !== texts[i]) cell.textContent = texts[i] as string;
  }

  #choose(series: ShownSeries): void {
    for (const [id, { row }] of this.#rows) row.setAttribute('aria-current', String(id === series.id));
    this.#chosen = series;
    this.chosen(series);
  }
}
