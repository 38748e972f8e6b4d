/**
 * Names of indexes: what is allowed, and the parts of a time that they may have.
 */

/** Parts of a time in a name, between the texts around them. */
export interface IndexName {
  /** Undefined: the name has no time. */
  readonly nameAt: ((ms: number) => string) | undefined;
  /** How long a name stays the same. */
  readonly unitMs: number;
  readonly text: string;
}

const hour = 3_600_000;
const parts: Readonly<Record<string, (date: Date) => string>> = {
  yyyy: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  MM: (date) => two(date.getUTCMonth() + 1),
  dd: (date) => two(date.getUTCDate()),
  HH: (date) => two(date.getUTCHours()),
};

const two = (part: number) => String(part).padStart(2, '0');

/** @returns undefined for a text that can name no index. */
export function indexName(template: string): IndexName | undefined {
  const sample = named(template, new Date(0));
  if (sample === undefined || !canName(sample)) return undefined;
  if (sample === template) return { nameAt: undefined, unitMs: Number.POSITIVE_INFINITY, text: template };
  return { nameAt: (ms) => named(template, new Date(ms)) as string, unitMs: hour, text: template };
}

/** The name at a time; undefined where braces hold something else. */
function named(template: string, date: Date): string | undefined {
  let known = true;
  const name = template.replace(/\{([^{}]*)\}/g, (_, format: string) =>
    format.replace(/yyyy|MM|dd|HH|[a-z]+/gi, (part) => {
      const show = Object.hasOwn(parts, part) ? parts[part] : undefined;
      known &&= show !== undefined;
      return show?.(date) ?? '';
    }),
  );
  return known ? name : undefined;
}

/** As the server has it: no capitals, no characters that file systems or addresses take for something else. */
export function canName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || Buffer.byteLength(name) > 255) return false;
  const isAllowed = !/^[-_+]|[\s\\/*?"<>|,#:{}\p{Cc}]/u.test(name);
  return isAllowed && name === name.toLowerCase() && name.isWellFormed();
}
