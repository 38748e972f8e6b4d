/**
 * Writes what a test file has run. Vitest ends the processes of its tests by a signal, before Node writes that itself.
 */
import { takeCoverage } from 'node:v8';
import { afterAll } from 'vitest';

// Set before all others, so that it runs after them.
afterAll(() => takeCoverage());
