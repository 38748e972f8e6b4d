/**
 * Metric events out of JSON: the events of `Recorder.recordEvent`, checked member by member.
 *
 * What a collector would count as failed later is refused here, so that the client learns of it.
 */
import type { MetricEvent } from '../../collector/api/recorder.js';
import { describe } from '../../describe.js';
import { EventError, type EventFault } from '../../errors.js';

/** What a value must be; undefined when it is. */
type Check = (value: unknown) => { readonly fault: EventFault; readonly expected: string } | undefined;

interface Member {
  readonly check: Check;
  readonly isOptional?: true;
}

type EventType = MetricEvent['type'];

const longestText = 8192;
const mostLabels = 64;

function range(expected: string) {
  return { fault: 'range', expected } as const;
}

function type(expected: string) {
  return { fault: 'type', expected } as const;
}

const text: Check = (value) => {
  if (typeof value !== 'string') return type('a text');
  return value.length > longestText ? range(`a text of at most ${longestText} characters`) : undefined;
};

const flag: Check = (value) => (typeof value === 'boolean' ? undefined : type('true or false'));

/** JSON has numbers such as 1e999, which are infinite here. */
const number: Check = (value) => {
  if (typeof value !== 'number') return type('a number');
  return Number.isFinite(value) ? undefined : range('a finite number');
};

const positive: Check = (value) =>
  number(value) ?? ((value as number) < 0 ? range('a number from 0') : undefined);

const status: Check = (value) => {
  if (typeof value !== 'number') return type('a number');
  return Number.isInteger(value) && value >= 100 && value <= 999
    ? undefined
    : range('an integer from 100 to 999');
};

const operation: Check = (value) =>
  value === 'hit' || value === 'miss' || value === 'eviction'
    ? undefined
    : range("'hit', 'miss' or 'eviction'");

const name: Check = (value) =>
  text(value) ?? (/^[a-z_:][\w:]*$/i.test(value as string) ? undefined : range('a name such as jobs_total'));

const labels: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return type('an object of labels');
  const pairs = Object.entries(value);
  if (pairs.length > mostLabels) return range(`an object of at most ${mostLabels} labels`);
  for (const [label, content] of pairs) {
    if (!/^(?!__)[a-z_]\w*$/i.test(label))
      return range(`labels with names such as zone, unlike ${describe(label)}`);
    if (!['string', 'number', 'boolean'].includes(typeof content))
      return type(`a text, a number or a boolean as the label ${label}`);
    if (typeof content === 'string' && content.length > longestText)
      return range(`labels of at most ${longestText} characters`);
  }
  return undefined;
};

const named = (value: Check): Readonly<Record<string, Member>> => ({
  name: { check: name },
  labels: { check: labels, isOptional: true },
  value: { check: value },
});

const types: Readonly<Record<EventType, Readonly<Record<string, Member>>>> = {
  http_request: {
    method: { check: text },
    path: { check: text },
    status: { check: status },
    durationMs: { check: positive },
  },
  backend_request: {
    provider: { check: text },
    model: { check: text },
    success: { check: flag },
    latencyMs: { check: positive },
    errorType: { check: text, isOptional: true },
  },
  health_check: { backend: { check: text }, healthy: { check: flag }, durationMs: { check: positive } },
  cache: { cache: { check: text }, operation: { check: operation } },
  counter: named(positive),
  gauge: named(number),
  histogram: named(number),
};

/**
 * Read an event.
 *
 * @throws EventError for what is none.
 */
export function metricEvent(value: unknown): MetricEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EventError('type', 'metric_event', undefined, `got ${describe(value)}; expected an object`);
  const given = value as Readonly<Record<string, unknown>>;
  const { type: kind } = given;
  if (kind === undefined) throw new EventError('missing', 'metric_event', 'type', `expected ${allTypes}`);
  if (typeof kind !== 'string' || !Object.hasOwn(types, kind))
    throw new EventError('unknown', 'metric_event', 'type', `got ${describe(kind)}; expected ${allTypes}`);
  checkMembers(kind as EventType, given);
  const isNamed = kind === 'counter' || kind === 'gauge' || kind === 'histogram';
  return (isNamed && given.labels === undefined ? { ...given, labels: {} } : given) as MetricEvent;
}

const allTypes = `one of ${Object.keys(types).join(', ')}`;

function checkMembers(kind: EventType, given: Readonly<Record<string, unknown>>): void {
  const members = types[kind];
  for (const member in given)
    if (member !== 'type' && !Object.hasOwn(members, member))
      throw new EventError(
        'unknown',
        kind,
        member.slice(0, 40),
        `is not known; ${kind} has ${namesOf(members)}`,
      );
  for (const [member, { check, isOptional }] of Object.entries(members)) {
    const value = given[member];
    if (value === undefined && isOptional) continue;
    if (value === undefined) throw new EventError('missing', kind, member, 'is missing');
    const wrong = check(value);
    if (wrong !== undefined)
      throw new EventError(wrong.fault, kind, member, `got ${describe(value)}; expected ${wrong.expected}`);
  }
}

function namesOf(members: object): string {
  return Object.keys(members).join(', ');
}
