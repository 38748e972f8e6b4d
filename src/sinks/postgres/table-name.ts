/**
 * The name of a table with its schema: `metrics.requests`.
 */
import { SinkError } from '../../errors.js';
import { quoted } from '../sql/identifier.js';
import type { TablePlan } from '../sql/table-plan.js';

/** One part of a name: up to a dot, or in quotation marks, where dots are characters like others. */
const part = /(?:"((?:[^"]|"")+)"|([^."]+))(?:\.|$)/gsy;

/**
 * The quoted name of a plan's table. A schema's name, which stands for the table's by default, is one name with all its
 * dots. An option's is split at its dots.
 *
 * @throws SinkError for an option that is no name.
 */
export function tableSql({ table, namedBySchema }: TablePlan): string {
  const parts = namedBySchema ? [table] : partsOf(table);
  if (parts.length === 0 || parts.length > 2) {
    throw new SinkError(
      `${JSON.stringify(table)} does not name a table; expected table, schema.table, or "a.table" in quotation marks`,
    );
  }
  return parts.map((each) => quoted(each, '"')).join('.');
}

function partsOf(name: string): string[] {
  const parts: string[] = [];
  let end = 0;
  for (const [text, inQuotes, plain] of name.matchAll(part)) {
    parts.push(inQuotes?.replaceAll('""', '"') ?? (plain as string));
    end += text.length;
  }
  return end === name.length && !/(?<!")\.$/.test(name) ? parts : [];
}
