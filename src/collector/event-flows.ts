/**
 * Flows of the events themselves: each sink of `events` has a ring of its own, which the flushers that count fill. A
 * sink that is slow or down loses events when its ring is full, and holds up nothing else.
 */
import { ConfigError } from '../errors.js';
import type { CloseOptions, Flow } from '../flow/api/flow.js';
import { createBatchFlow } from '../flow/create.js';
import type { FlowMemory } from '../flow/shared/flow-memory.js';
import { drainAtExit } from '../flow/supervision/exit-drain.js';
import type { FlowStats } from '../metrics/read/stats.js';
import { t } from '../schema/columns/columns.js';
import { defineSchema, type Schema } from '../schema/columns/schema.js';
import type { EventTarget } from './aggregation/passed-events.js';
import type { EventDefinition } from './series/event-definition.js';
import type { CheckedSettings } from './settings.js';

/** The settings of a flow with so many producers: each type of events has one of its own in each thread. */
export function producersOf(producers: number): { maxProducers: number; minBlocks: number } {
  const maxProducers = Math.min(1024, producers);
  return { maxProducers, minBlocks: maxProducers + 1 };
}

export class EventFlows {
  private constructor(
    private readonly flows: readonly Flow[],
    readonly targets: readonly EventTarget[],
    private readonly stopDraining: readonly (() => void)[],
  ) {}

  /** @throws ConfigError, SinkError as `createBatchFlow` does. */
  static async create(
    { name, events, flushers, drainGraceMs }: CheckedSettings,
    definitions: readonly EventDefinition[],
  ): Promise<EventFlows> {
    const flows: Flow[] = [];
    const targets: EventTarget[] = [];
    try {
      for (const { types, ...settings } of events) {
        const schemas = schemasOf(definitions, types);
        const flow = (await createBatchFlow({
          name: `${name}_events${flows.length === 0 ? '' : flows.length + 1}`,
          schemas: Object.values(schemas),
          sink: settings.sink,
          ...(settings.deadLetters !== undefined && { deadLetters: settings.deadLetters }),
          flushSize: settings.flushSize,
          flushIntervalMs: settings.flushIntervalMs,
          bufferSize: settings.bufferSize,
          onFull: 'drop-newest',
          // Below: after the flow that fills it.
          drainOnExit: false,
          ...producersOf(flushers * Object.keys(schemas).length),
        })) as Flow;
        flows.push(flow);
        targets.push({ handle: flow.handle(), schemas });
      }
    } catch (error) {
      await Promise.all(flows.map((flow) => flow.destroy()));
      throw error;
    }
    const stopDraining = targets.map(({ handle }) =>
      drainAtExit({
        shards: (handle['~flow'] as FlowMemory).shards,
        graceMs: drainGraceMs,
        publish: () => {},
        isFed: true,
      }),
    );
    return new EventFlows(flows, targets, stopDraining);
  }

  stats(): readonly FlowStats[] {
    return this.flows.map((flow) => flow.stats());
  }

  async close(options: CloseOptions): Promise<void> {
    await this.#end((flow) => flow.close(options));
  }

  async destroy(): Promise<void> {
    await this.#end((flow) => flow.destroy());
  }

  async #end(end: (flow: Flow) => Promise<unknown>): Promise<void> {
    try {
      await Promise.all(this.flows.map(end));
    } finally {
      for (const stop of this.stopDraining) stop();
    }
  }
}

function schemasOf(
  definitions: readonly EventDefinition[],
  types: readonly string[] | undefined,
): Record<string, Schema> {
  const names = definitions.map(({ schema }) => schema.name);
  const unknown = types?.find((type) => !names.includes(type));
  if (unknown !== undefined) throw new ConfigError('events.types', unknown, `one of ${names.join(', ')}`);
  const wanted = definitions.filter(({ schema }) => types?.includes(schema.name) ?? true);
  return Object.fromEntries(wanted.map((definition) => [definition.schema.name, rowSchema(definition)]));
}

/** A row is the event with the time at which it was counted. Labels are an object. */
function rowSchema({ schema, named }: EventDefinition): Schema {
  const columns = { at: t.timestamp(), ...schema.columns };
  return defineSchema(schema.name, named === undefined ? columns : { ...columns, labels: t.json() });
}
