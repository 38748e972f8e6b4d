/**
 * Labels of an event as one text, which travels in a column: each name and value behind its length. No character needs
 * an escape, so that writing them costs the recording thread a few concatenations.
 */
import { describe } from '../../describe.js';
import { EventError } from '../../errors.js';
import type { Labels } from '../series/snapshot.js';

const maxLabelNameLength = 200;
const maxValueLength = 1024;

/** Values are made texts. */
export type EventLabels = Readonly<Record<string, string | number | boolean>>;

/**
 * @param schema the name of the event's type, for errors.
 * @throws EventError for labels that are no object, and for values of other types.
 */
export function labelText(labels: EventLabels, schema: string): string {
  if ((typeof labels !== 'object' && labels !== undefined) || Array.isArray(labels))
    throw new EventError('type', schema, 'labels', `got ${describe(labels)}; expected an object`);
  let text = '';
  for (const name in labels) {
    if (!Object.hasOwn(labels, name)) continue;
    const given = labels[name];
    const value = typeof given === 'string' ? given : otherText(given, name, schema);
    text += `${name.length}:${name}${value.length}:${value}`;
  }
  return text;
}

function otherText(value: unknown, name: string, schema: string): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  const what = `got ${describe(value)}; expected a text, a number or a boolean`;
  throw new EventError('type', schema, `labels.${name}`, what);
}

/**
 * The labels of such a text, with names that Prometheus takes, sorted by name. The last of equal names stays. A label
 * without a value is none.
 */
export function labelsOf(text: string): Labels {
  const labels = new Map<string, string>();
  let at = 0;
  const next = () => {
    const colon = text.indexOf(':', at);
    const length = Number(text.slice(at, colon));
    at = colon + 1 + length;
    return text.slice(colon + 1, at);
  };
  while (at < text.length) {
    const name = labelName(next()).slice(0, maxLabelNameLength);
    labels.set(name, cut(next()));
  }
  return [...labels].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A label's value takes room in memory that is not to grow. */
export function cut(value: string): string {
  return value.length <= maxValueLength ? value : `${value.slice(0, maxValueLength)}…`;
}

/** A metric's name as Prometheus takes it: other characters become `_`. Empty: it has none. */
export function metricName(name: string): string {
  return valid(name, /[^a-zA-Z0-9_:]/g);
}

/** Names with two underscores in front are Prometheus' own. Backends rename those that they need besides. */
export function labelName(name: string): string {
  const text = valid(name, /[^a-zA-Z0-9_]/g).replace(/^__+/, '_');
  return text === '' ? '_' : text;
}

function valid(name: string, others: RegExp): string {
  const text = name.replace(others, '_');
  return /^[0-9]/.test(text) ? `_${text}` : text;
}
