/**
 * The schema of the service when none is given: one line of a web server's access log.
 */
import { t } from '../schema/columns/columns.js';
import { defineSchema } from '../schema/columns/schema.js';

export const accessLog = defineSchema('access_log', {
  at: t.timestamp(),
  method: t.label(),
  /** Without the query, so that there are few distinct ones. */
  path: t.label(),
  status: t.uint16(),
  durationMs: t.float64(),
  /** Length of the answer's body, up to 4 GiB. */
  bytes: t.uint32(),
  /** The client's address. */
  client: t.string().optional(),
  userAgent: t.label().optional(),
});
