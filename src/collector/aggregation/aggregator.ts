/**
 * Counts the events of a flusher's batches into its set of cells.
 */
import { functionOf } from '../../function-source.js';
import type { SinkCells } from '../../metrics/cells/sink-cells.js';
import type { Schema } from '../../schema/columns/schema.js';
import type { Batch } from '../../schema/read/batch.js';
import { ownGroup, ownGroups } from '../events/own-groups.js';
import type { EventDefinition } from '../series/event-definition.js';
import { lastFlushCell, type SeriesMemory, seenCells } from '../series/series-memory.js';
import { ChangedCells } from './changed-cells.js';
import { type AggregatorTools, EventAggregator } from './event-aggregator.js';
import { KnownSeries } from './known-series.js';
import { pathOf, templatesOf, usualTemplate } from './path-templates.js';

/** How paths become labels: patterns, or a function's source text. */
export type PathSettings = { readonly patterns: readonly string[] } | { readonly source: string };

export class Aggregator {
  readonly #cells: ChangedCells;
  readonly #known: KnownSeries;
  /** By the schema's name. */
  readonly #aggregators = new Map<string, EventAggregator>();

  constructor(
    memory: SeriesMemory,
    definitions: readonly EventDefinition[],
    paths: PathSettings,
    cells: SinkCells,
    flusher: number,
  ) {
    this.#cells = new ChangedCells(cells, memory.cells.each);
    this.#known = new KnownSeries(memory, flusher);
    const tools: AggregatorTools = {
      known: this.#known,
      cells: this.#cells,
      reject: (type, reason) => this.#countOwn(ownGroup.rejected, [type, reason]),
      limit: (metric) => this.#countOwn(ownGroup.limited, [metric]),
      template: this.#templateOf(paths),
    };
    let group = ownGroups.length;
    for (const definition of definitions) {
      this.#aggregators.set(definition.schema.name, new EventAggregator(definition, group, tools));
      group += definition.groups.length;
    }
  }

  /** @param refused rows that flows of events did not take. */
  count(batch: Batch, schema: Schema, refused = 0): void {
    const now = Date.now();
    this.#cells.begin();
    try {
      this.#aggregators.get(schema.name)?.count(batch, now);
      if (refused > 0) this.#countOwn(ownGroup.refused, [], refused);
    } catch (error) {
      this.#cells.reload();
      throw error;
    }
    this.#cells.set(lastFlushCell, now);
    this.#cells.stage();
  }

  #countOwn(group: number, values: readonly string[], events = 1): void {
    const { cell } = this.#known.ofGroup(group, values);
    this.#cells.set(cell, Date.now());
    this.#cells.add(cell + seenCells, events);
  }

  /** A path's label. A function that fails says nothing of the path: then it is as without one. */
  #templateOf(paths: PathSettings): (target: string) => string {
    if ('patterns' in paths) {
      const template = templatesOf(paths.patterns);
      return (target) => {
        const path = pathOf(target);
        return template(path) ?? usualTemplate(path);
      };
    }
    const own = functionOf(paths.source);
    return (target) => {
      try {
        const label = own(target);
        if (typeof label === 'string') return label;
      } catch {
        // Counted below.
      }
      this.#countOwn(ownGroup.pathErrors, []);
      return usualTemplate(pathOf(target));
    };
  }
}
