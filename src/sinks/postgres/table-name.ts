/**
 * The name of a table with its schema: `metrics.requests`.
 */
import { quoted } from '../sql/identifier.js';
import { partsOf } from '../sql/name-parts.js';
import type { TablePlan } from '../sql/table-plan.js';

/** The quoted name of a plan's table. @throws SinkError for an option that is no name. */
export function tableSql(plan: TablePlan): string {
  return partsOf(plan, '"')
    .map((part) => quoted(part, '"'))
    .join('.');
}
