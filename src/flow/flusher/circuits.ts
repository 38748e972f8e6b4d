/**
 * The circuits of a flusher, one for each schema. An open circuit keeps the flusher from taking batches of its schema.
 */
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { type CircuitState, circuitStates } from '../../metrics/read/stats.js';
import type { CircuitSettings } from '../config/delivery.js';
import { Circuit } from './circuit.js';

export class Circuits {
  /** By schema; empty without circuits. */
  readonly #circuits: readonly Circuit[];

  /**
   * @param settings undefined: batches go out whatever has failed.
   * @param counters show the worst state of all schemas.
   * @param stateChanged notified of each change; undefined where nothing observes.
   */
  constructor(
    schemas: number,
    settings: CircuitSettings | undefined,
    private readonly counters: Counters<typeof flusherCell>,
    clock: () => number,
    private readonly stateChanged?: (schema: number, state: CircuitState) => void,
  ) {
    const circuit = (each: CircuitSettings, schema: number) =>
      new Circuit(each, () => this.#changed(schema), clock);
    this.#circuits =
      settings === undefined ? [] : Array.from({ length: schemas }, (_, schema) => circuit(settings, schema));
  }

  /** The circuit of a schema; undefined without circuits. */
  of(schema: number): Circuit | undefined {
    return this.#circuits[schema];
  }

  /** How long no batch of a schema may go, in ms; 0 when one may now, infinite while one is being tried. */
  pauseMs(schema: number): number {
    return this.#circuits[schema]?.pauseMs ?? 0;
  }

  #changed(schema: number): void {
    const worst = Math.max(...this.#circuits.map(({ state }) => circuitStates.indexOf(state)));
    this.counters.set('circuit', worst);
    this.stateChanged?.(schema, (this.#circuits[schema] as Circuit).state);
  }
}
