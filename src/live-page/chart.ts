/**
 * One card: its title and what it means, the figures at the cursor or of the latest sample, and a uPlot chart.
 */
import uPlot from 'uplot';
import { timeAxis, valueAxis } from './axes.js';
import type { ChartDefinition, Line } from './charts.js';
import { element } from './element.js';
import { type Mark, marksOf, seriesOf } from './marks.js';
import { meaning } from './meaning.js';
import type { Row } from './series.js';
import { short } from './units.js';

/** Tops of scales that are not the chart's own. */
const fixedTops: Record<string, number> = { share: 1, circuit: 2 };

/** What a chart needs of rows. */
interface Shown<R> {
  readonly end: number;
  readonly seconds: number;
  readonly count: number;
  readonly last: R | undefined;
  at(index: number): R | undefined;
  columns(picks: readonly Line<R>['pick'][]): [number[], ...(number | null)[][]];
}

export class Chart<R = Row> {
  readonly card: HTMLElement;
  readonly #values: HTMLElement[];
  /** The text in place of lines. */
  readonly #nothing = element('p', { class: 'nothing' });
  readonly #plot: uPlot;
  readonly #drawn: readonly { readonly line: Line<R>; readonly mark: Mark }[];

  /** @param pointed called when the cursor points at a row of a chart, and when it points at none. */
  constructor(
    private readonly definition: ChartDefinition<R>,
    private readonly series: Shown<R>,
    pointed: (row: R | undefined) => void,
  ) {
    const { title, hint, size, bottom } = definition;
    const marks = marksOf(definition.lines);
    const lines = definition.lines.map((line, i) => ({ line, mark: marks[i] as Mark }));
    this.#values = lines.map(() => element('span', { class: 'value' }));
    const figures = lines.map(({ line: { label, colour }, mark }, i) => {
      const item = element('li', { 'data-mark': mark }, [
        element('span', { class: 'label' }, [label]),
        this.#values[i] as HTMLElement,
      ]);
      item.style.setProperty('--colour', `var(--${colour})`);
      return item;
    });
    const { heading, text } = meaning(title, hint);
    const name = bottom === undefined ? title : `${title}, on a logarithmic scale`;
    const drawing = element('div', { role: 'img', 'aria-label': name, 'aria-describedby': text.id });
    const place = element('div', { class: 'plot' }, [drawing, this.#nothing]);
    this.card = element('section', { class: `card ${size}`, 'data-chart': title }, [
      heading,
      text,
      element('ul', { class: 'legend' }, figures),
      place,
    ]);
    this.#drawn = lines.filter(({ mark }) => mark !== 'figure');
    const show = (plot: uPlot) => pointed(this.#showFigures(plot));
    this.#plot = new uPlot(this.#options(show), series.columns([]), drawing);
    this.#showWhetherEmpty([]);
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = place;
      if (width > 0) this.#plot.setSize({ width, height });
    }).observe(place);
  }

  draw(): void {
    const [times, ...columns] = this.series.columns(this.#drawn.map(({ line }) => line.pick));
    this.#plot.setData([
      times,
      ...columns.map((column, i) =>
        this.#drawn[i]?.line.quiet && !column.some(aboveZero) ? column.map(() => null) : column,
      ),
    ]);
    this.#showWhetherEmpty(columns);
    this.#showFigures(this.#plot);
  }

  /** In the colours of another theme. */
  recolour(): void {
    this.#plot.redraw();
  }

  remove(): void {
    this.#plot.destroy();
    this.card.remove();
  }

  #showWhetherEmpty(columns: readonly (number | null)[][]): void {
    // The first sample has no sample before it, and so no rates: it does not tell that there was nothing.
    const text = this.series.count < 2 ? 'no samples yet' : this.definition.empty;
    this.#nothing.hidden = columns.some((column) => column.some(aboveZero));
    if (this.#nothing.textContent !== text) this.#nothing.textContent = text;
  }

  /** @returns the row at the cursor; undefined when the figures are of the latest. */
  #showFigures({ cursor: { idx } }: uPlot): R | undefined {
    const pointed = typeof idx === 'number' ? this.series.at(idx) : undefined;
    const row = pointed ?? this.series.last;
    for (const [i, { pick, unit }] of this.definition.lines.entries()) {
      (this.#values[i] as HTMLElement).textContent = short(row && pick(row), unit);
    }
    return pointed;
  }

  #options(setCursor: (plot: uPlot) => void): uPlot.Options {
    const { series, definition } = this;
    const { size, top, bottom } = definition;
    const ofChart = this.#drawn.find(({ line }) => line.scale === undefined);
    const scales = Object.fromEntries(
      Object.entries(fixedTops).map(([name, max]) => [name, { range: [0, max] as [number, number] }]),
    );
    return {
      // The style sheet has the real size.
      width: 100,
      height: 40,
      padding: size === 'lane' ? [4, 0, 2, 0] : [8, 8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: 'live', scales: ['x', null] },
        points: { size: 6 },
      },
      hooks: { setCursor: [setCursor] },
      scales: {
        x: { range: () => [series.end - series.seconds, series.end] },
        y:
          bottom === undefined
            ? { range: (_, __, max) => [0, Math.max(top, (max ?? 0) * 1.08)] }
            : { distr: 3, range: (_, __, max) => [bottom, Math.max(top, max ?? 0)] },
        ...scales,
      },
      axes:
        size === 'lane'
          ? [{ show: false }, { show: false }]
          : [timeAxis(), valueAxis(ofChart?.line.unit ?? 'count', size === 'small', bottom !== undefined)],
      series: [{}, ...this.#drawn.map(({ line, mark }) => seriesOf(line, mark))],
    };
  }
}

const aboveZero = (value: number | null) => value !== null && value > 0;
