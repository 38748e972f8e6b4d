/**
 * Measures the time to import a package, in a process that has loaded next to nothing.
 */
import type { Figures } from '../harness/measuring.js';

export interface StartTask {
  /** Package to import, as this module resolves it. */
  readonly module: string;
}

export async function measure({ module }: StartTask): Promise<Figures> {
  const start = performance.now();
  await import(module);
  return { importMs: performance.now() - start };
}
