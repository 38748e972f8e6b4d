/**
 * Finds the part of a value for which the value was refused: only after a refusal, so it may take its time.
 */
import { types } from 'node:util';
import { describe } from '../../describe.js';

/** The path to a part that is deeper would be too long to read. */
const maxLevels = 32;
const longestPath = 120;

interface Part {
  /** The end of its path. */
  readonly step: string;
  /** May be a getter of the value, and throw. */
  readonly read: () => unknown;
}

/**
 * Describe the innermost part that is refused.
 *
 * @param isRefused asks of a part what was asked of the whole value.
 * @returns its path and its kind, such as `a.b[3] is a function`; undefined when it is the value itself.
 */
export function faultyPart(value: unknown, isRefused: (part: unknown) => boolean): string | undefined {
  const seen = new Set<unknown>();
  let path = '';
  let part = value;
  for (let level = 0; level < maxLevels; level++) {
    seen.add(part);
    const next = firstRefused(part, (one) => !seen.has(one) && isRefused(one));
    if (next === undefined) break;
    path += next.step;
    if (!('part' in next)) return `${shown(path)} cannot be read`;
    part = next.part;
  }
  return path === '' ? undefined : `${shown(path)} is ${describe(part)}`;
}

/** @returns the first part that is refused; without `part` where reading it throws. */
function firstRefused(
  value: unknown,
  isRefused: (part: unknown) => boolean,
): { step: string; part?: unknown } | undefined {
  for (const { step, read } of partsOf(value)) {
    let part: unknown;
    try {
      part = read();
    } catch {
      return { step };
    }
    if (isRefused(part)) return { step, part };
  }
  return undefined;
}

function partsOf(value: unknown): Part[] {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return [];
  if (types.isMap(value)) {
    const entries = [...(Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>)];
    return entries.flatMap(([key, of]) => {
      const name = typeof key === 'string' ? JSON.stringify(key) : describe(key);
      return [
        { step: `{key ${name}}`, read: () => key },
        { step: `.get(${name})`, read: () => of },
      ];
    });
  }
  if (types.isSet(value)) {
    const members = [...(Set.prototype.values.call(value) as Iterable<unknown>)];
    return members.map((member, n) => ({ step: `{member ${n}}`, read: () => member }));
  }
  const isList = Array.isArray(value);
  const keys = types.isNativeError(value) ? ['cause'] : Object.keys(value);
  return keys.map((key) => ({
    step: stepOf(key, isList),
    read: () => (value as unknown as Record<string, unknown>)[key],
  }));
}

function stepOf(key: string, isList: boolean): string {
  if (isList && /^\d+$/.test(key)) return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function shown(path: string): string {
  return path.replace(/^\./, '').slice(0, longestPath);
}
