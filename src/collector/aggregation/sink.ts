/**
 * The sink of a collector's flow, which each flusher loads: it counts events, and passes them on to other flows.
 */
import { defineSink } from '../../sink.js';
import type { EventDefinition } from '../series/event-definition.js';
import type { SeriesMemory } from '../series/series-memory.js';
import { Aggregator, type PathSettings } from './aggregator.js';
import { type EventTarget, PassedEvents } from './passed-events.js';

export interface AggregationSettings {
  readonly memory: SeriesMemory;
  readonly definitions: readonly EventDefinition[];
  readonly paths: PathSettings;
  readonly events: readonly EventTarget[];
}

export default defineSink(({ memory, definitions, paths, events }: AggregationSettings) => {
  const passed = new PassedEvents(events, definitions);
  const definitionOf = new Map(definitions.map((definition) => [definition.schema.name, definition]));
  let aggregator: Aggregator | undefined;
  return {
    open({ cells, flusher }) {
      if (cells === undefined) throw new Error('a collector counts in cells');
      aggregator = new Aggregator(memory, definitions, paths, cells, flusher);
    },
    write(batch, { schema }) {
      const refused = passed.pass(batch, definitionOf.get(schema.name) as EventDefinition);
      aggregator?.count(batch, schema, refused);
    },
  };
});
