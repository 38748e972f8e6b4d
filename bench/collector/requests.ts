/**
 * The events of all measurements: HTTP requests of 198 label sets, as a service of 33 routes has them.
 */
const methods = ['GET', 'POST'] as const;
const statuses = [200, 404, 500] as const;
const paths = Array.from({ length: 33 }, (_, i) => `/api/resource${i}/items`);

/** The labels of event `i`. */
export const methodOf = (i: number): string => methods[i & 1] as string;
export const pathOf = (i: number): string => paths[i % 33] as string;
export const statusOf = (i: number): number => statuses[i % 3] as number;
/** Milliseconds. */
export const durationOf = (i: number): number => i % 1000;
