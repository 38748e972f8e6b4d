/**
 * The facts that all types have in common whose value is one element of a typed array.
 */
import type { FieldData } from '../views/field-data.js';

/** The plain typed array is the column's view, and its element is the value. */
export const element = {
  cell: 'fixed',
  valueOf: (cell: string) => cell,
  viewOf: ({ values }: FieldData): unknown => values,
  keyAt: (view: unknown, i: number) => (view as ArrayLike<unknown>)[i],
} as const;
