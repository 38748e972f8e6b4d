/**
 * The parts of a table's name: `metrics.requests`.
 */
import { SinkError } from '../../errors.js';
import type { TablePlan } from './table-plan.js';

type Mark = '"' | '`';

/**
 * One or two parts. A schema's name, which stands for the table's by default, is one part with all its dots. An
 * option's is split at its dots, but for those between quotation marks.
 *
 * @throws SinkError for an option that is no name.
 */
export function partsOf({ table, namedBySchema }: TablePlan, mark: Mark): string[] {
  const parts = namedBySchema ? [table] : split(table, mark);
  if (parts.length === 1 || parts.length === 2) return parts;
  throw new SinkError(
    `${JSON.stringify(table)} does not name a table; expected table, schema.table, ` +
      `or ${mark}a.table${mark} in quotation marks`,
  );
}

/** All names that statements for a table have. */
export function namesOf(plan: TablePlan, mark: Mark): string[] {
  const { schema, identityColumn } = plan;
  const own = identityColumn === undefined ? [] : [identityColumn];
  return [...partsOf(plan, mark), ...own, ...Object.keys(schema.columns)];
}

function split(name: string, mark: Mark): string[] {
  // Up to a dot, or in quotation marks, where dots are characters like others.
  const part = new RegExp(
    `(?:${mark}((?:[^${mark}]|${mark}${mark})+)${mark}|([^${mark}.]+))(?:\\.|$)`,
    'gsy',
  );
  const parts: string[] = [];
  let end = 0;
  for (const [text, inQuotes, plain] of name.matchAll(part)) {
    parts.push(inQuotes?.replaceAll(mark + mark, mark) ?? (plain as string));
    end += text.length;
  }
  return end === name.length && !new RegExp(`(?<!${mark})\\.$`).test(name) ? parts : [];
}
