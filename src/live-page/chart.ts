/**
 * One card: its title, the figures at the cursor or of the latest sample, and a uPlot chart.
 */
import uPlot from 'uplot';
import type { ChartDefinition, Line } from './charts.js';
import { element } from './element.js';
import type { Row, Series } from './series.js';
import { colour, veil } from './theme.js';
import { clock, short, type Unit } from './units.js';

/** Tops of scales that are not the chart's own. */
const fixedTops: Record<string, number> = { share: 1, circuit: 2 };

export class Chart {
  readonly card: HTMLElement;
  readonly #values: HTMLElement[];
  readonly #plot: uPlot;
  readonly #drawn: readonly Line[];

  /** @param pointed called when the cursor points at a row of a chart, and when it points at none. */
  constructor(
    private readonly definition: ChartDefinition,
    private readonly series: Series,
    pointed: (row: Row | undefined) => void,
  ) {
    const { title, hint, size, lines } = definition;
    this.#values = lines.map(() => element('span', { class: 'value' }));
    const figures = lines.map(({ label, colour, draw }, i) => {
      const item = element('li', draw === 'figure' ? { class: 'undrawn' } : {}, [
        element('span', { class: 'label' }, [label]),
        this.#values[i] as HTMLElement,
      ]);
      item.style.setProperty('--colour', `var(--${colour})`);
      return item;
    });
    const place = element('div', { class: 'plot', role: 'img', 'aria-label': `${title}, ${hint}` });
    const heading = element('h2', { title: hint }, [title]);
    this.card = element('section', { class: `card ${size}`, 'data-chart': title }, [
      heading,
      element('ul', { class: 'legend' }, figures),
      place,
    ]);
    this.#drawn = lines.filter(({ draw }) => draw !== 'figure');
    const show = (plot: uPlot) => pointed(this.#showFigures(plot));
    this.#plot = new uPlot(this.#options(show), series.columns([]), place);
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = place;
      if (width > 0) this.#plot.setSize({ width, height });
    }).observe(place);
  }

  draw(): void {
    const [times, ...columns] = this.series.columns(this.#drawn.map(({ pick }) => pick));
    this.#plot.setData([
      times,
      ...columns.map((column, i) => (this.#drawn[i]?.quiet ? heard(column) : column)),
    ]);
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

  /** @returns the row at the cursor; undefined when the figures are of the latest. */
  #showFigures({ cursor: { idx } }: uPlot): Row | undefined {
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
    const small = size === 'small';
    const unit = this.#drawn.find(({ scale }) => scale === undefined)?.unit ?? 'count';
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
          : [timeAxis(small), valueAxis(unit, small, bottom !== undefined)],
      series: [{}, ...this.#drawn.map(drawn)],
    };
  }
}

const font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const lines = { stroke: () => colour('line'), width: 1 };

/** There are no halves of rows and blocks. */
const wholes = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

function timeAxis(small: boolean): uPlot.Axis {
  const time = (plot: uPlot, seconds: number, step: number) => {
    // What would be cut off at the edge is left out.
    if (plot.valToPos(seconds, 'x') > plot.over.clientWidth - 18) return '';
    return clock(seconds * 1000).slice(0, step < 60 ? 8 : 5);
  };
  return {
    stroke: () => colour('muted'),
    font,
    size: 22,
    gap: 2,
    incrs: [15, 30, 60, 120, 300],
    space: small ? 64 : 72,
    grid: { show: false },
    ticks: { ...lines, size: 4 },
    values: (plot, splits, _, __, step) => splits.map((split) => time(plot, split, step)),
  };
}

function valueAxis(unit: Unit, small: boolean, logarithmic: boolean): uPlot.Axis {
  return {
    stroke: () => colour('muted'),
    font,
    size: unit === 'seconds' ? 50 : 42,
    gap: 4,
    space: small ? 26 : 32,
    ...(unit === 'count' && { incrs: wholes }),
    ...(logarithmic && { splits: powersOfTen, filter: (_, splits) => splits }),
    grid: lines,
    ticks: { show: false },
    // The figures above say what is a rate.
    values: (_, splits) => splits.map((value) => short(value, unit === 'rate' ? 'count' : unit)),
  };
}

function drawn({ colour: name, draw, scale = 'y' }: Line): uPlot.Series {
  return {
    scale,
    stroke: () => colour(name),
    width: draw === 'steps' ? 0 : 1.5,
    ...(draw !== undefined && { fill: () => veil(name, draw === 'steps' ? 0.25 : 0.14) }),
    ...(draw === 'steps' && { paths: uPlot.paths.stepped?.({ align: -1 }) as uPlot.Series.PathBuilder }),
    points: { show: false, size: 4, filter: lonely },
  };
}

function powersOfTen(_: uPlot, __: number, min: number, max: number): number[] {
  const powers = [-4, -3, -2, -1, 0, 1, 2].map((power) => 10 ** power);
  return powers.filter((value) => value >= min && value <= max);
}

function heard(column: (number | null)[]): (number | null)[] {
  return column.some((value) => value !== null && value > 0) ? column : column.map(() => null);
}

/** A value between two gaps is no line; it gets a point. */
function lonely(plot: uPlot, index: number): number[] {
  const values = plot.data[index] as (number | null)[];
  return values.flatMap((value, i) =>
    value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? [i] : [],
  );
}
