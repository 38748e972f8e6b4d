/**
 * The memory that the exporting thread shares with the thread which created the collector: how exporters are, and how
 * many of them have ended. Reading it asks no thread, and it outlives the exporting thread.
 *
 *     words  Int32: how many exporters have ended
 *     cells  Float64, six for each exporter
 */

export interface ExportControlMemory {
  readonly words: SharedArrayBuffer;
  readonly cells: SharedArrayBuffer;
}

/** What is counted of an exporter. */
const cellNames = ['sent', 'failed', 'given-up', 'refused', 'sent-at', 'failed-at'] as const;
type Cell = (typeof cellNames)[number];

export class ExportControl {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;

  static create(exporters: number): ExportControlMemory {
    return {
      words: new SharedArrayBuffer(4),
      cells: new SharedArrayBuffer(exporters * cellNames.length * 8),
    };
  }

  constructor({ words, cells }: ExportControlMemory) {
    this.#words = new Int32Array(words);
    this.#cells = new Float64Array(cells);
  }

  /** Only the exporting thread writes cells, so plain additions do. */
  add(exporter: number, cell: Cell, value = 1): void {
    this.set(exporter, cell, this.read(exporter, cell) + value);
  }

  set(exporter: number, cell: Cell, value: number): void {
    this.#cells[this.#place(exporter, cell)] = value;
  }

  read(exporter: number, cell: Cell): number {
    return this.#cells[this.#place(exporter, cell)] as number;
  }

  /** An exporter has sent its last, or given it up. */
  end(): void {
    Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
  }

  /** Another thread begins. */
  reset(): void {
    Atomics.store(this.#words, 0, 0);
  }

  /** Block the thread until so many exporters have ended. @returns whether they have. */
  blockUntilEnded(exporters: number, timeoutMs: number): boolean {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const ended = Atomics.load(this.#words, 0);
      if (ended >= exporters) return true;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return false;
      Atomics.wait(this.#words, 0, ended, leftMs);
    }
  }

  #place(exporter: number, cell: Cell): number {
    return exporter * cellNames.length + cellNames.indexOf(cell);
  }
}
