/**
 * The circuits of a flusher, one for each schema. An open circuit keeps the flusher from taking batches of its schema.
 */
import type { Counters, flusherCell } from '../../metrics/cells/counters.js';
import { type CircuitState, circuitStates } from '../../metrics/read/stats.js';
import type { CircuitSettings } from '../config/delivery.js';
import { Circuit } from './circuit.js';

export class Circuits {
  /** By schema, from its first batch on. */
  readonly #circuits: Circuit[] = [];

  /**
   * @param settings undefined: batches go out whatever has failed.
   * @param counters show the worst state of all schemas.
   * @param stateChanged notified of each change; undefined where nothing observes.
   */
  constructor(
    private readonly settings: CircuitSettings | undefined,
    private readonly counters: Counters<typeof flusherCell>,
    private readonly clock: () => number,
    private readonly stateChanged?: (schema: number, state: CircuitState) => void,
  ) {}

  /** The circuit of a schema; undefined without circuits. */
  of(schema: number): Circuit | undefined {
    return this.#circuits[schema] ?? this.#make(schema);
  }

  /** How long no batch of a schema may go, in ms; 0 when one may now, infinite while one is being tried. */
  pauseMs(schema: number): number {
    return this.#circuits[schema]?.pauseMs ?? 0;
  }

  #make(schema: number): Circuit | undefined {
    if (this.settings === undefined) return undefined;
    const made = new Circuit(this.settings, () => this.#changed(schema), this.clock);
    this.#circuits[schema] = made;
    return made;
  }

  #changed(schema: number): void {
    // Numbers of schemas have gaps, which `Object.values` leaves out.
    const states = Object.values(this.#circuits).map(({ state }) => circuitStates.indexOf(state));
    const worst = Math.max(...states);
    this.counters.set('circuit', worst);
    this.stateChanged?.(schema, (this.#circuits[schema] as Circuit).state);
  }
}
